"""Simulated participants in a real browser: they click through the pages that people see. Needs Playwright and a Chromium.

Response times are the browser's own: these participants answer as soon as the buttons open.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

from playwright.sync_api import Browser, Error, Page, sync_playwright

from experiments.contract.errors import InputError
from experiments.methods.bots import Outcome, Simulated, TakenPartError
from experiments.methods.browser_traffic import Traffic
from experiments.methods.observers.seen import Decision, SeenTrial
from experiments.methods.participant_link import Link
from experiments.methods.participant_link import Page as Html
from experiments.methods.session_plan import PausedError, is_rating

FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")
PATIENCE_MS = 60_000
DEAD_ENDS = ("trouble", "paused", "returned", "withdrawn")
# Every screen on which a participant can do something.
READY = ", ".join(
    (
        *(f"[data-screen={name}]" for name in ("instructions", "practice-result", "block", "elsewhere", "thanks", *DEAD_ENDS)),
        *(f"[data-screen=trial][data-state={state}]" for state in ("open", "done")),
    )
)
SLIDER = "[data-screen=trial] input[type=range]"
SLIDER_BUTTON = "[data-screen=trial] button.confirm"
TELL_OBSERVER = """(form, name) => {
  const field = form.elements.namedItem("observer") ?? form.appendChild(document.createElement("input"));
  Object.assign(field, {type: "hidden", name: "observer", value: name});
}"""


def take_part_in_browser(link: Link, participant: Simulated) -> Outcome:
    """Take part in Chromium; see `bots.TakePart`."""
    with _chromium() as browser:
        page = browser.new_page(viewport={"width": 1280, "height": 720})
        page.set_default_timeout(PATIENCE_MS)
        try:
            return BrowserBot(page, link, participant).run()
        except Error as error:
            # Playwright's messages go on with a log of many lines.
            message = f"the browser got stuck: {error.message.splitlines()[0].rstrip('.')}"
            raise InputError(field="link", message=message, remedy="Open the link in a browser and see what it shows") from error


class BrowserBot:
    """One simulated participant in front of one page."""

    def __init__(self, page: Page, link: Link, participant: Simulated) -> None:
        self.page, self.link, self.participant = page, link, participant
        self.observer, self.rng = participant.observer, participant.rng
        self.traffic = Traffic(page, link)
        self.decided: dict[str, tuple[SeenTrial, Decision]] = {}
        self.outcome = Outcome()

    def run(self) -> Outcome:
        """Take part until the completion code is shown, or the participant leaves."""
        self._consent()
        while True:
            screen = self.page.wait_for_selector(READY)
            name = screen.get_attribute("data-screen") if screen else None
            self._learn()
            if name == "paused":
                raise PausedError
            if not screen or name in DEAD_ENDS:
                text = Html(self.page.content()).text
                raise InputError(field="link", message=f"the page says: {text}", remedy="Look at the server's log")
            if name == "thanks":
                self.outcome.finished = True
                return self.outcome
            if name == "trial" and screen.get_attribute("data-state") == "open":
                if not self._answer(screen.get_attribute("data-trial") or ""):
                    return self.outcome
            elif name == "trial":
                self._leave_state(screen.get_attribute("data-trial") or "", "done", lambda: self.page.click(".continue"))
            else:
                # The last of the buttons leads on; the one before it, where there is one, leads back.
                self.page.locator(".page-buttons button").last.click()
                screen.wait_for_element_state("hidden")

    def _consent(self) -> None:
        query = urlencode({**self.link.words, "participant": self.participant.name})
        answer = self.page.goto(f"{self.link.origin}{self.link.base}?{query}")
        if answer and answer.ok:
            self.page.locator("main form").evaluate(TELL_OBSERVER, self.participant.observer_name)
            with self.page.expect_navigation() as navigation:
                self.page.locator("form button[type=submit]").click()
            answer = navigation.value
        if answer and answer.status == 409:
            raise TakenPartError
        if not answer or not answer.ok:
            raise InputError(
                field="link", message=Html(self.page.content()).text, remedy="Check the link, and that the study is open"
            )

    def _answer(self, trial: str) -> bool:
        """Answer the open trial; False if the participant leaves instead."""
        seen = self.traffic.seen(trial, participant=self.participant.name)
        if seen.phase == "main" and self.participant.leaves_before(seen.number, count=seen.count):
            return False
        if is_rating(seen.plan):
            self.page.locator(SLIDER).fill(str(self.observer.rate(seen, rng=self.rng).rating))
            self._leave_state(trial, "open", lambda: self.page.locator(SLIDER_BUTTON).click())
        else:
            decision = self.observer.decide(seen, rng=self.rng)
            self.decided[trial] = (seen, decision)
            confidence = f"[data-confidence='{decision.confidence}']" if seen.asks_confidence else ""
            button = f"button[data-choice={decision.choice}]{confidence}"
            self._leave_state(trial, "open", lambda: self.page.click(button))
        self.outcome.answers += 1
        return True

    def _leave_state(self, trial: str, state: str, act: Callable[[], None]) -> None:
        act()
        self.page.wait_for_selector(f"[data-trial='{trial}'][data-state={state}]", state="detached")

    def _learn(self) -> None:
        """Take note of verdicts that have come."""
        for trial, correct in self.traffic.verdicts():
            if trial in self.decided:
                seen, decision = self.decided.pop(trial)
                self.observer.learn(seen, decision, correct=correct)
                if seen.phase == "main":
                    self.outcome.judged.append(correct)


@contextmanager
def _chromium() -> Iterator[Browser]:
    path = os.environ.get("CHROMIUM", "/usr/bin/chromium")
    if not Path(path).exists():
        remedy = "Install it (on Debian: apt-get install chromium), or name another one in CHROMIUM"
        raise InputError(field="browser", message=f"there is no {path}", remedy=remedy)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()
