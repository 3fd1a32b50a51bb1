"""An observer of a page in Chromium that asks nothing of the page's program: when its trials were on the screen, by the
browser's own record, and trusted input whose true time is known. All times in ms on the page's performance timeline."""

import json
import time
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Locator, Page

# The prompt is hidden until the onset and shown by the same change as the images, so both come with the same frame.
OBSERVE = """
window.firstSeen = {};
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) window.firstSeen[entry.identifier] = entry.renderTime;
}).observe({ type: "element", buffered: true });
new MutationObserver(() => {
  for (const prompt of document.querySelectorAll("[data-trial] .prompt:not([elementtiming])"))
    prompt.setAttribute("elementtiming", prompt.closest("[data-trial]").dataset.trial);
}).observe(document, { childList: true, subtree: true });
"""
FRAMES = "disabled-by-default-devtools.timeline.frame"
FARTHEST_MS = 5.0
"""Two records of one presentation differ by some hundredths of a ms, on a busy machine by up to two ms."""
TOGETHER_MS = 0.1


@dataclass(frozen=True, kw_only=True)
class Frame:
    """A frame of the compositor, from the tick for which it was made to its presentation."""

    started: float
    presented: float


class Witness:
    """Watches `page`, which must not have been opened yet."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.devtools = page.context.new_cdp_session(page)
        page.add_init_script(OBSERVE)

    def start(self) -> None:
        """Begin, once the page that shows the trials is open: no navigation may follow."""
        self.devtools.send("Performance.enable")
        metrics = {metric["name"]: metric["value"] for metric in self.devtools.send("Performance.getMetrics")["metrics"]}
        # In s on the monotonic clock of the machine, which Chromium and Python share on Linux.
        self._navigation: float = metrics["NavigationStart"]
        self._origin: float = self.page.evaluate("performance.timeOrigin")
        self._browser.start_tracing(page=self.page, categories=["-*", FRAMES])

    def press(self, digit: str) -> float:
        """Press and release a digit; returns when it was pressed."""
        key = {"key": digit, "code": f"Digit{digit}", "windowsVirtualKeyCode": ord(digit)}
        pressed = self._now()
        self.devtools.send("Input.dispatchKeyEvent", {"type": "keyDown", "text": digit, "timestamp": self._wall(pressed), **key})
        self.devtools.send("Input.dispatchKeyEvent", {"type": "keyUp", **key})
        return pressed

    def click(self, target: Locator) -> float:
        """Press and release the mouse on `target`; returns when it was released, which is what makes a click."""
        box = target.bounding_box()
        assert box is not None
        place = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2, "button": "left", "clickCount": 1}
        self.devtools.send("Input.dispatchMouseEvent", {"type": "mousePressed", **place})
        released = self._now()
        self.devtools.send("Input.dispatchMouseEvent", {"type": "mouseReleased", "timestamp": self._wall(released), **place})
        return released

    def stop(self) -> dict[str, Frame]:
        """By trial, the frame that first showed it; trials for which the browser has no record are missing."""
        frames = self._frames(json.loads(self._browser.stop_tracing())["traceEvents"])
        shown = {trial: _shown_at(moment, frames) for trial, moment in self.page.evaluate("window.firstSeen").items()}
        return {trial: frame for trial, frame in shown.items() if frame}

    @property
    def _browser(self) -> Any:
        return self.page.context.browser

    def _now(self) -> float:
        return 1000 * (time.monotonic() - self._navigation)

    def _wall(self, moment: float) -> float:
        """The moment in s since 1970 by the browser's clock, as its devtools want it."""
        return (self._origin + moment) / 1000

    def _frames(self, events: list[dict[str, Any]]) -> list[Frame]:
        """The frames of a trace, whose times are in µs on the machine's monotonic clock."""
        begun: dict[tuple[int, str], float] = {}
        frames = []
        for event in sorted((event for event in events if event["name"] == "PipelineReporter"), key=lambda event: event["ts"]):
            key, moment = (event["pid"], event["id2"]["local"]), event["ts"] / 1000 - 1000 * self._navigation
            if event["ph"] == "b":
                begun[key] = moment
            elif key in begun:
                frames.append(Frame(started=begun.pop(key), presented=moment))
        return frames


def _shown_at(moment: float, frames: list[Frame]) -> Frame | None:
    """The frame presented at `moment`; of several that were presented together, the first to start holds the page's change."""
    nearest = min(frames, key=lambda frame: abs(frame.presented - moment))
    if abs(nearest.presented - moment) > FARTHEST_MS:
        return None
    together = [frame.started for frame in frames if abs(frame.presented - nearest.presented) < TOGETHER_MS]
    return Frame(started=min(together), presented=moment)
