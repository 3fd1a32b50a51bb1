"""Error of onset and reaction time as stored, in headless Chromium, for trusted input of known time.

Real trials of both tasks: the built page, the web server, its export. Software timing only.
"""

import json
import os
import random
import resource
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from playwright.sync_api import Browser, Route, sync_playwright

from tests.benchmarks.results import machine
from tests.benchmarks.servers import Site, site
from tests.benchmarks.witness import Frame, Witness
from tests.e2e.person import Person
from tests.services.processes import find_chromium

SESSIONS = 4
"""Of each task."""
TRIALS = 51
"""In a session, by turns with key and mouse."""
DELAYS_S = (0.02, 0.2)
"""Least and most time from a trial's opening, as seen from outside, to the input; uniform."""
GOALS = {"median": 1.0, "deviation": 1.5, "within": 0.995}
"""|median| and s.d. of the error of the reaction time in ms; share of the trials on the screen within a frame."""
CLOCK_STEP = 0.005
"""ms between two times that an isolated page can tell apart."""
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")
DISCLAIMER = "software timing only: no photodiode, display and input hardware latency is not included"


@dataclass(frozen=True, kw_only=True)
class Measured:
    """One trial; times in ms."""

    task: str
    device: str
    rt_error: float
    """Stored reaction time, minus the time from the start of the frame that showed the images to the true input."""
    lag: float
    """From the stored onset to the presentation of that frame."""
    interval: float
    """Between two frames, as stored."""
    handling: float
    """From the true input to our handler: the error of programs that take the handler's time."""

    @property
    def within_a_frame(self) -> bool:
        """Whether the images were on the screen at most a frame after (or before) the stored onset."""
        return abs(self.lag) <= self.interval


def run() -> list[dict[str, Any]]:
    """Median error of the reaction time, and share of the onsets within a frame, against their goals; prints a table."""
    with site("both_tasks", count=TRIALS) as running, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)
        version, draw, trials, unseen = browser.version, random.Random(1), [], 0
        for number in range(SESSIONS):
            for task, study in running.prepared["studies"].items():
                pressed, shown = _play(browser, running, study=study, name=f"person-{number}", draw=draw)
                rows = {row["trial_id"]: row for row in running.responses(study) if row["trial_id"] in pressed}
                trials += [_measured(task, rows[trial], pressed[trial], frame) for trial, frame in shown.items()]
                unseen += len(pressed) - len(shown)
        browser.close()
    print(f"\n{_report(trials, unseen=unseen, version=version)}")
    return _rows(trials, unseen=unseen, version=version)


def _play(
    browser: Browser, running: Site, *, study: str, name: str, draw: random.Random
) -> tuple[dict[str, float], dict[str, Frame]]:
    """A session from consent to code; returns the true times of the input and the frames that showed the trials."""
    person = Person(browser, f"{running.web.url}/p/{study}/?participant={name}", running.folder)
    witness, page, pressed = Witness(person.page), person.page, {}
    page.route("**/session", _without_pauses)
    person.consent()
    # People read while the images are fetched.
    page.wait_for_load_state("networkidle")
    page.unroute_all()
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
    shown = witness.stop()
    person.context.close()
    return pressed, shown


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
    )


def _report(trials: Sequence[Measured], *, unseen: int, version: str) -> str:
    head = f"{'':26}{'n':>5}  {'error of the reaction time, ms':34}{'on the screen after the stored onset, ms':42}within a frame"
    kinds = sorted({(trial.task, trial.device) for trial in trials})
    lines = [_line(f"{task}, {device}", [t for t in trials if (t.task, t.device) == (task, device)]) for task, device in kinds]
    handling = statistics.median(trial.handling for trial in trials)
    return "\n".join(
        [
            f"{datetime.now(UTC):%Y-%m-%d}, headless Chromium {version}, {machine()}, load {os.getloadavg()[0]:.1f} after",
            head,
            f"{'':33}{'median    s.d.    95 % range':34}median    s.d.    95 % range",
            *lines,
            _line("all", trials),
            f"{unseen} trials without a record of the browser count as not within a frame. Counted from the presentation, "
            "reaction times are longer by the second group of columns.",
            f"Our handler ran {handling:.1f} ms (median) after the input; the stored time is the event's own.",
            *_verdicts(trials, unseen=unseen),
            DISCLAIMER,
        ]
    )


def _line(name: str, trials: Sequence[Measured]) -> str:
    errors, lags = ([getattr(trial, field) for trial in trials] for field in ("rt_error", "lag"))
    return f"{name:26}{len(trials):5}  {_spread(errors):34}{_spread(lags):42}{100 * _share(trials):.1f} %"


def _spread(values: Sequence[float]) -> str:
    cuts = statistics.quantiles(values, n=40)
    return f"{statistics.median(values):6.3f} {statistics.stdev(values):7.3f}   {cuts[0]:.3f} to {cuts[-1]:.3f}"


def _share(trials: Sequence[Measured], *, unseen: int = 0) -> float:
    return sum(trial.within_a_frame for trial in trials) / (len(trials) + unseen)


def _verdicts(trials: Sequence[Measured], *, unseen: int) -> list[str]:
    """Each goal, the figure, and whether it is reached."""
    errors = [trial.rt_error for trial in trials]
    median, deviation, share = abs(statistics.median(errors)), statistics.stdev(errors), _share(trials, unseen=unseen)
    verdict: Callable[[bool], str] = lambda reached: "reached" if reached else "missed"  # noqa: E731
    return [
        f"goal |median| <= {GOALS['median']} ms: {median:.3f}, {verdict(median <= GOALS['median'])}",
        f"goal s.d. <= {GOALS['deviation']} ms: {deviation:.3f}, {verdict(deviation <= GOALS['deviation'])}",
        f"goal within a frame >= {100 * GOALS['within']} %: {100 * share:.1f}, {verdict(share >= GOALS['within'])}",
    ]


def _rows(trials: Sequence[Measured], *, unseen: int, version: str) -> list[dict[str, Any]]:
    errors, lags = [trial.rt_error for trial in trials], [trial.lag for trial in trials]
    median, share = abs(statistics.median(errors)), _share(trials, unseen=unseen)
    *rt_goals, onset_goal = _verdicts(trials, unseen=unseen)
    shared = {"peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}
    conditions = f"{len(trials)} trials of both tasks by key and mouse, headless Chromium {version}; {DISCLAIMER}"
    return [
        {
            "name": "timing_rt_error",
            "ours": median,
            "reference": GOALS["median"],
            "ratio": GOALS["median"] / max(median, CLOCK_STEP),
            "unit": "ms",
            "equal": max(map(abs, errors)),
            "detail": f"reference: the goal; {'; '.join(rt_goals)}; median, s.d., 95 %: {_spread(errors)}; {conditions}",
            **shared,
        },
        {
            "name": "timing_onset",
            "ours": share,
            "reference": GOALS["within"],
            "ratio": share / GOALS["within"],
            "unit": "share",
            "equal": max(map(abs, lags)),
            "detail": f"reference: the goal; {onset_goal}; equal is the longest lag in ms; median, s.d., 95 %: {_spread(lags)}; "
            f"{conditions}",
            **shared,
        },
    ]
