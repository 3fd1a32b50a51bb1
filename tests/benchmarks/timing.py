"""Error of onset and reaction time as stored, in headless Chromium and Firefox, for trusted input of known time.

Real trials of both tasks: the built page, the web server, its export. Software timing only.
"""

import json
import random
import time
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Browser, Page, Playwright, Route, sync_playwright

from tests.benchmarks.firefox_witness import FirefoxWitness
from tests.benchmarks.servers import Site, site
from tests.benchmarks.timing_figures import Figures, Measured
from tests.benchmarks.witness import Frame, Witness
from tests.e2e import firefox
from tests.e2e.person import Person
from tests.services import processes

SESSIONS = 4
"""Of each task."""
TRIALS = 51
"""In a session, by turns with key and mouse."""
DELAYS_S = (0.02, 0.2)
"""Least and most time from a trial's opening, as seen from outside, to the input; uniform."""
CLOCK_STEP = """() => {
  const times = Array.from({ length: 100_000 }, () => performance.now());
  return Math.min(...times.slice(1).map((time, index) => time - times[index]).filter((step) => step > 0));
}"""
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")


def run() -> list[dict[str, Any]]:
    """Median error of the reaction time, and share of the onsets within a frame, against their goals; prints a table each."""
    with site("both_tasks", count=TRIALS) as running, sync_playwright() as playwright:
        found = [_in_chromium(playwright, running), _in_firefox(playwright, running)]
    print(*found, sep="\n\n")
    return [row for figures, ending in zip(found, ("", "_firefox"), strict=True) for row in figures.rows(ending=ending)]


def _in_chromium(playwright: Playwright, running: Site) -> Figures:
    browser = playwright.chromium.launch(executable_path=processes.find_chromium(), args=FLAGS)
    return _figures(browser, running, name="Chromium", watch=Witness)


def _in_firefox(playwright: Playwright, running: Site) -> Figures:
    port = processes.free_port()
    preferences = {"dom.send_after_paint_to_content": True}
    browser = firefox.launch(playwright, processes.find_firefox(), preferences=preferences, witness_port=port)
    return _figures(browser, running, name="Firefox", watch=lambda page: FirefoxWitness(page, port=port))


def _figures(browser: Browser, running: Site, *, name: str, watch: Callable[[Page], Witness | FirefoxWitness]) -> Figures:
    """Some sessions of each task, played alike in each browser."""
    draw, trials, unseen = random.Random(1), [], 0
    for number in range(SESSIONS):
        for task, study in running.prepared["studies"].items():
            person = Person(browser, f"{running.web.url}/p/{study}/?participant={name}-{number}", running.folder)
            pressed, shown = _play(person, watch(person.page), draw=draw)
            rows = {row["trial_id"]: row for row in running.responses(study) if row["trial_id"] in pressed}
            trials += [_measured(task, rows[trial], pressed[trial], frame) for trial, frame in shown.items()]
            unseen += len(pressed) - len(shown)
            clock_step = person.page.evaluate(CLOCK_STEP)
            person.context.close()
    version = browser.version
    browser.close()
    return Figures(browser=f"{name} {version}", trials=trials, unseen=unseen, clock_step=clock_step)


def _play(person: Person, witness: Witness | FirefoxWitness, *, draw: random.Random) -> tuple[dict[str, float], dict[str, Frame]]:
    """A session from consent to code; returns the true times of the input and the frames that showed the trials."""
    page, pressed = person.page, {}
    page.route("**/session", _without_pauses)
    person.consent()
    # People read while the images are fetched.
    page.wait_for_load_state("networkidle")
    witness.start()
    person.instructions()
    for number in range(TRIALS):
        trial = page.wait_for_selector("[data-screen=trial][data-state=open]").get_attribute("data-trial")
        option = draw.randrange(6)
        time.sleep(draw.uniform(*DELAYS_S))
        if number % 2:
            pressed[trial] = witness.click(page.locator("[data-choice][data-confidence]").nth(option))
        else:
            pressed[trial] = witness.press(str(option + 1))
        page.wait_for_selector(f"[data-trial='{trial}'][data-state=done]")
        person.go_on()
    page.wait_for_selector("[data-screen=thanks]")
    return pressed, witness.stop()


def _without_pauses(route: Route) -> None:
    """The server's plan without the pauses that follow an answer."""
    response = route.fetch()
    plan = response.json()
    for block in plan["main"]["blocks"]:
        block["presentation"].update(feedback_delay=0, feedback_duration=0)
    route.fulfill(response=response, body=json.dumps(plan))


def _measured(task: str, row: dict[str, str], pressed: float, frame: Frame) -> Measured:
    return Measured(
        task=task,
        device=row["input"],
        rt_error=float(row["rt"]) - (pressed - frame.started),
        lag=frame.presented - float(row["onset"]),
        interval=float(row["refresh_interval"]),
        handling=float(row["handler_time"]) - pressed,
        isolated=row["cross_origin_isolated"] == "1",
    )
