"""The stored evidence of a trial's timing is consistent, also on the bad days: focus lost, page hidden, main thread blocked."""

import io
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from PIL import Image
from playwright.sync_api import Browser, CDPSession

from tests.benchmarks.servers import Site, site
from tests.e2e.person import Person
from tests.services.processes import ServiceMissingError

pytestmark = pytest.mark.e2e
TIMES = ("rt", "onset", "second_frame", "event_time", "handler_time", "refresh_interval")
BLOCKED_FRAMES = 10
BLOCK = f"() => {{ const end = performance.now() + {BLOCKED_FRAMES} * 1000 / 60; while (performance.now() < end); }}"
HIDE = """() => {
  for (const state of ["hidden", "visible"]) {
    Object.defineProperty(document, "visibilityState", { value: state, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
  }
}"""
NOTE_ONSETS = """new MutationObserver((changes) => {
  if (changes.some(({ target }) => target.dataset.state === "locked")) window.shown = performance.now();
}).observe(document, { attributes: true, attributeFilter: ["data-state"], subtree: true });"""
SET_CLOCK_BACK = "() => { Date.now = () => 0; }"
# The trial's images decode only when the test says so; those that are fetched ahead decode at once.
HOLD_IMAGES = """
const decode = HTMLImageElement.prototype.decode;
const allowed = new Promise((resolve) => { window.allowImages = resolve; });
HTMLImageElement.prototype.decode = function () {
  return decode.call(this).then(() => (this.isConnected ? allowed : undefined));
};
"""


@pytest.fixture(scope="module")
def running() -> Iterator[Site]:
    """A study of each task, six main trials a session."""
    try:
        with site("both_tasks", count=6) as running:
            yield running
    except ServiceMissingError as missing:
        pytest.skip(str(missing))


@pytest.fixture(params=["two_afc", "occlusion_choice"])
def person(request: pytest.FixtureRequest, running: Site, chromium: Browser, tmp_path: Path) -> Iterator[Person]:
    """Somebody who has not opened their link yet."""
    link = f"{running.web.url}/p/{running.prepared['studies'][request.param]}/?participant={uuid4().hex}"
    person = Person(chromium, link, tmp_path)
    yield person
    person.context.close()


def responses(running: Site, person: Person) -> list[dict[str, str]]:
    """What is stored of the person's session, in its order."""
    rows = [row for study in running.prepared["studies"].values() for row in running.responses(study)]
    return sorted((row for row in rows if row["trial_id"] in person.answers), key=lambda row: float(row["onset"]))


def test_stored_evidence_is_consistent_whatever_happens_between_onset_and_answer(running: Site, person: Person) -> None:
    page = person.page
    devtools = page.context.new_cdp_session(page)

    def look_elsewhere() -> None:
        other = page.context.new_page()
        other.bring_to_front()
        page.wait_for_function("() => !document.hasFocus()")
        page.bring_to_front()
        page.wait_for_function("() => document.hasFocus()")
        other.close()

    disturbances: dict[str, Callable[[], object]] = {
        "none": lambda: None,
        "another window": look_elsewhere,
        "hidden": lambda: page.evaluate(HIDE),
        "clock": lambda: page.evaluate(SET_CLOCK_BACK),
        "blocked": lambda: page.evaluate(BLOCK),
        "early": lambda: press_before_the_onset(person, devtools),
    }
    page.add_init_script(NOTE_ONSETS)
    person.consent()
    person.instructions()
    # Playwright lets every page believe that it has the focus.
    devtools.send("Emulation.setFocusEmulationEnabled", {"enabled": False})
    page.bring_to_front()
    for number, disturb in enumerate(disturbances.values()):
        page.wait_for_selector("[data-screen=trial][data-state=open]")
        page.wait_for_timeout(300)
        disturb()
        page.wait_for_timeout(100)
        person.answer("4", by_mouse=number % 2 == 1)
        person.go_on()
    page.wait_for_selector("[data-screen=thanks]")

    rows = responses(running, person)
    times = [{name: float(row[name]) for name in TIMES} for row in rows]
    assert [row["trial_id"] for row in rows] == list(person.answers)
    assert {row["choice"] for row in rows} == {"lower"} or {row["choice"] for row in rows} == {"right"}
    assert all(math.isfinite(value) for row in times for value in row.values())
    assert all(row["rt"] == row["event_time"] - row["onset"] > 0 for row in times)
    assert all(row["onset"] < row["second_frame"] <= row["event_time"] <= row["handler_time"] for row in times)
    assert all(1 < row["refresh_interval"] < 1000 for row in times)
    assert [int(row["focus_losses"]) for row in rows] == [0, 1, 1, 0, 0, 0]
    assert int(rows[list(disturbances).index("blocked")]["dropped_frames"]) >= BLOCKED_FRAMES - 3


def press_before_the_onset(person: Person, devtools: CDPSession) -> None:
    """A key that was pressed before the onset by the browser's clock, but arrives only now, as on a busy computer."""
    key = {"key": "1", "code": "Digit1", "windowsVirtualKeyCode": ord("1")}
    before_the_onset = person.page.evaluate("performance.timeOrigin + window.shown - 300") / 1000
    devtools.send("Input.dispatchKeyEvent", {"type": "keyDown", "text": "1", "timestamp": before_the_onset, **key})
    devtools.send("Input.dispatchKeyEvent", {"type": "keyUp", **key})


def test_nothing_is_seen_before_the_onset(person: Person) -> None:
    person.consent()
    person.instructions()
    person.page.add_init_script(HOLD_IMAGES)
    person.page.reload()
    person.page.wait_for_selector("[data-screen=trial][data-state=decoding]", state="attached")

    before = colors(person)
    person.page.evaluate("window.allowImages()")
    person.page.wait_for_selector("[data-screen=trial][data-state=open]")

    assert before == 1
    assert colors(person) > 1000


def colors(person: Person) -> int:
    """How many colors there are where the trial is."""
    place = person.page.locator("[data-screen=trial]").bounding_box()
    image = Image.open(io.BytesIO(person.page.screenshot(clip=place))).convert("RGB")
    return len(image.getcolors(image.width * image.height))
