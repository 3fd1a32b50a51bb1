"""Simulated participants in a real browser: they click through the pages that people see. Needs Playwright and a Chromium.

Response times are the browser's own: these participants answer as soon as the buttons open.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import numpy as np
from playwright.sync_api import Browser, ElementHandle, Error, Page, Response, sync_playwright

from experiments.contract.errors import InputError
from experiments.methods.bots import Outcome, TakenPartError
from experiments.methods.observers import Observer
from experiments.methods.participant_link import Link
from experiments.methods.participant_link import Page as Html

FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")
PATIENCE_MS = 60_000
# Every screen on which a participant can do something.
READY = ", ".join(
    (
        *(f"[data-screen={name}]" for name in ("instructions", "practice-result", "trouble", "thanks")),
        *(f"[data-screen=trial][data-state={state}]" for state in ("open", "done")),
    )
)


def take_part_in_browser(link: Link, *, participant: str, observer: Observer, rng: np.random.Generator) -> Outcome:
    """Take part in Chromium; see `bots.TakePart`."""
    with _chromium() as browser:
        page = browser.new_page(viewport={"width": 1280, "height": 720})
        page.set_default_timeout(PATIENCE_MS)
        try:
            return BrowserBot(page, link, observer=observer, rng=rng).run(participant)
        except Error as error:
            # Playwright's messages go on with a log of many lines.
            message = f"the browser got stuck: {error.message.splitlines()[0].rstrip('.')}"
            raise InputError(field="link", message=message, remedy="Open the link in a browser and see what it shows") from error


class BrowserBot:
    """One simulated participant in front of one page."""

    def __init__(self, page: Page, link: Link, *, observer: Observer, rng: np.random.Generator) -> None:
        self.page, self.link, self.observer, self.rng = page, link, observer, rng
        self.unread: list[Response] = []
        self.trials: dict[str, Mapping[str, Any]] = {}
        self.counted: set[str] = set()
        self.outcome = Outcome()
        page.on("response", self._note)

    def run(self, participant: str) -> Outcome:
        """Take part until the completion code is shown."""
        self._consent(participant)
        while True:
            screen = self.page.wait_for_selector(READY)
            name = screen.get_attribute("data-screen") if screen else None
            if not screen or name == "trouble":
                text = Html(self.page.content()).text
                raise InputError(field="link", message=f"the page is in trouble: {text}", remedy="Look at the server's log")
            if name == "thanks":
                self._read_responses()
                return self.outcome
            if name == "trial":
                self._trial(screen)
            else:
                # The last of the buttons leads on; the one before it, where there is one, leads back.
                self.page.locator(".page-buttons button").last.click()
                screen.wait_for_element_state("hidden")

    def _consent(self, participant: str) -> None:
        query = urlencode({"kind": "bot", "participant": participant})
        answer = self.page.goto(f"{self.link.origin}{self.link.base}?{query}")
        if answer and answer.ok:
            with self.page.expect_navigation() as navigation:
                self.page.locator("form button[type=submit]").click()
            answer = navigation.value
        if answer and answer.status == 409:
            raise TakenPartError
        if not answer or not answer.ok:
            raise InputError(
                field="link", message=Html(self.page.content()).text, remedy="Check the link, and that the study is open"
            )

    def _trial(self, screen: ElementHandle) -> None:
        trial, state = screen.get_attribute("data-trial") or "", screen.get_attribute("data-state")
        if state == "open":
            self._read_responses()
            images = {place: image["sha256"] for place, image in self.trials[trial]["images"].items()}
            decision = self.observer.decide(images, rng=self.rng)
            self.page.click(f"[data-choice={decision.choice}][data-confidence='{decision.confidence}']")
            self.outcome.answers += 1
        else:
            self.page.click(".continue")
        self.page.wait_for_selector(f"[data-trial='{trial}'][data-state={state}]", state="detached")

    def _note(self, response: Response) -> None:
        """Remember a response; its body is read later, because Playwright takes no calls while it tells of an event."""
        self.unread.append(response)

    def _read_responses(self) -> None:
        """Learn of trials from plans, and of verdicts from acknowledged answers."""
        responses, self.unread[:] = list(self.unread), []
        for response in responses:
            words = urlsplit(response.url).path.removeprefix(self.link.base).split("/")
            if not response.ok or words[0] not in ("session", "practice", "trials"):
                continue
            body = response.json()
            if words[0] == "trials":
                if words[1] in self.counted and body["correct"] is not None:
                    self.outcome.judged.append(body["correct"])
                continue
            for trial in (*body.get("practice", {}).get("trials", ()), *body.get("main", {}).get("trials", ())):
                self.trials[trial["id"]] = trial
            self.counted |= {trial["id"] for trial in body.get("main", {}).get("trials", ())}


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
