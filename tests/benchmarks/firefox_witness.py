"""An observer of a page in Firefox that asks nothing of the page's program, as `witness.Witness` is for Chromium.

Trials are on the screen at the latest when Firefox tells the page that it has painted. Trusted input is made in the browser's
own process, from where it takes the way of real input, and dated there. All times are in ms on the page's performance timeline.
"""

import itertools
import json
from typing import Any

import websocket
from playwright.sync_api import Locator, Page

from tests.benchmarks.witness import Frame

# No paint is under way at the onset: nothing on the page has changed in the frames before it.
OBSERVE = """
window.shown = {};
let waiting = null;
new MutationObserver((changes) => {
  for (const { target } of changes)
    if (target.dataset.state === "locked") waiting = [target.dataset.trial, document.timeline.currentTime];
}).observe(document, { attributes: true, attributeFilter: ["data-state"], subtree: true });
addEventListener("MozAfterPaint", ({ timeStamp }) => {
  if (waiting) window.shown[waiting[0]] = { started: waiting[1], presented: timeStamp };
  waiting = null;
});
"""
# The window of the browser around the newest page, and what Mozilla's own drivers make input with.
PREPARE = """
const window = Services.wm.getMostRecentWindow("navigator:browser");
const make = { window, parent: window, _EU_Ci: Ci, _EU_Cc: Cc };
Services.scriptloader.loadSubScript("chrome://remote/content/external/EventUtils.js", make);
const page = window.gBrowser.selectedBrowser.getBoundingClientRect();
const now = () => window.performance.timeOrigin + window.performance.now();
"""
PRESS = (
    PREPARE
    + """
const key = (type) => make.synthesizeKey(digit, { type, code: `Digit${digit}` }, window);
const pressed = now();
key("keydown");
key("keyup");
return pressed;
"""
)
CLICK = (
    PREPARE
    + """
const mouse = (type) => make.synthesizeMouseAtPoint(page.x + x, page.y + y, { type }, window);
mouse("mousedown");
const released = now();
mouse("mouseup");
return released;
"""
)


class FirefoxWitness:
    """Watches `page`, which must not have been opened yet, in the Firefox that was launched with this `witness_port`."""

    def __init__(self, page: Page, *, port: int) -> None:
        self.page = page
        self._browser = websocket.create_connection(f"ws://127.0.0.1:{port}")
        self._numbers = itertools.count(1)
        windows = self._send("browsingContext.getTree", {"moz:scope": "chrome"})["contexts"]
        self._window: str = windows[-1]["context"]
        page.add_init_script(OBSERVE)

    def start(self) -> None:
        """Begin, once the page that shows the trials is open: no navigation may follow."""
        self._origin: float = self.page.evaluate("performance.timeOrigin")

    def press(self, digit: str) -> float:
        """Press and release a digit; returns when it was pressed."""
        return self._call(f"(digit) => {{ {PRESS} }}", digit) - self._origin

    def click(self, target: Locator) -> float:
        """Press and release the mouse on `target`; returns when it was released, which is what makes a click."""
        box = target.bounding_box()
        assert box is not None
        return self._call(f"(x, y) => {{ {CLICK} }}", box["x"] + box["width"] / 2, box["y"] + box["height"] / 2) - self._origin

    def stop(self) -> dict[str, Frame]:
        """By trial, the frame that first showed it; trials for which the browser has no record are missing."""
        self._browser.close()
        return {trial: Frame(**times) for trial, times in self.page.evaluate("window.shown").items()}

    def _call(self, function: str, *words: str | float) -> float:
        """What the function, run in the browser's own window, returns."""
        given = [{"type": "string" if isinstance(word, str) else "number", "value": word} for word in words]
        target = {"context": self._window}
        call = {"functionDeclaration": function, "arguments": given, "target": target, "awaitPromise": False}
        value: float = self._send("script.callFunction", call)["result"]["value"]
        return value

    def _send(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        """The result of a command; what happened meanwhile is of no interest."""
        number = next(self._numbers)
        self._browser.send(json.dumps({"id": number, "method": method, "params": params}))
        while (message := json.loads(self._browser.recv())).get("id") != number:
            pass
        if message["type"] == "error":
            raise RuntimeError(f"{method}: {message['message']}")
        result: dict[str, Any] = message["result"]
        return result
