"""A participant on a bad day, for tests: answers whatever is asked, through any trouble, and reckons up what was kept."""

import csv
import io
import time
from collections.abc import Callable
from typing import Any

from playwright.sync_api import CDPSession

from tests.e2e.person import PATIENCE_MS, Person
from tests.services.deployment import Deployment

OPEN = "[data-screen=trial][data-state=open]"
DONE = "[data-screen=trial][data-state=done]"
PRACTICED = "[data-screen=practice-result]"
THANKS = "[data-screen=thanks]"
BANNER = "[data-banner=outbox]"


class Survivor(Person):
    """`asked` holds every trial that they answered and what they pressed, in order, whichever tab it was in."""

    def __init__(self, *words: Any, **options: Any) -> None:
        super().__init__(*words, **options)
        self.asked: list[tuple[str, str]] = []

    def enter(self) -> None:
        """Open the link, agree, read."""
        self.agree()
        self.read()

    def agree(self) -> None:
        """Open the link and agree."""
        self.page.goto(self.link)
        self.page.locator("form button[type=submit]").click()

    def read(self) -> None:
        """Read the instructions."""
        while self.screen() == "instructions":
            self.leave_page()

    def now(self) -> str:
        """The trial that is asked."""
        return self.page.wait_for_selector(OPEN).get_attribute("data-trial")

    def press(self, key: str = "") -> str:
        """Answer the trial on the screen, each with another key than the one before; return which it was."""
        identity = self.now()
        key = key or str(1 + len(self.asked) % 2)
        choice = self.page.locator(f"[data-choice][data-key='{key}']").get_attribute("data-choice")
        self.asked.append((identity, choice))
        self.page.keyboard.press(key)
        return identity

    def answer_and_go_on(self, count: int = 1) -> None:
        """Answer so many trials and leave them."""
        for _ in range(count):
            self.press()
            self.page.wait_for_selector(DONE)
            self.go_on()

    def finish(self) -> None:
        """Answer whatever is still asked, practice until it is right, up to the code."""
        while self.is_asked():
            self.answer_and_go_on()

    def is_asked(self) -> bool:
        """Whether another trial is asked; False on the last page. Leaves the page after practice."""
        shown = self.page.wait_for_selector(f"{OPEN}, {PRACTICED}, {THANKS}").get_attribute("data-screen")
        if shown == "practice-result":
            self.leave_page()
            return self.is_asked()
        return shown == "trial"

    def reopen(self) -> None:
        """Close the tab, unasked, and come back by the link, online."""
        self.page.close(run_before_unload=False)
        self.context.set_offline(False)
        self.open_tab()
        self.page.goto(self.link)

    def until(self, is_so: Callable[[], bool]) -> None:
        """Wait until what is noted of the page's traffic is so; meanwhile it goes on."""
        deadline = time.monotonic() + PATIENCE_MS / 1000
        while not is_so():
            assert time.monotonic() < deadline
            self.page.wait_for_timeout(50)

    def open_tab(self) -> None:
        """Go on in a new tab; the one before stays as it is."""
        self.page = self.context.new_page()
        self.page.set_default_timeout(PATIENCE_MS)

    def tools(self) -> CDPSession:
        """Chromium's own tools for this tab."""
        return self.context.new_cdp_session(self.page)


def assert_whole(person: Survivor, deployment: Deployment, *, study: str) -> None:
    """Every trial of the plan was asked once, in order, and is in the export once, as it was answered; the code is given."""
    plan = person.plan()
    planned = [trial["id"] for trial in plan["main"]["trials"]]
    answers = exported(deployment, study)

    assert plan["phase"] == "finished"
    assert person.page.locator(".code").inner_text() == plan["code"]
    assert [trial for trial, _ in person.asked if trial in planned] == planned
    asked = {trial for trial, _ in person.asked}
    assert sorted((row["trial_id"], row["choice"]) for row in answers if row["trial_id"] in asked) == sorted(person.asked)


def exported(deployment: Deployment, study: str) -> list[dict[str, Any]]:
    """The rows of the export, in its order."""
    table = deployment.api.get(f"/api/v1/studies/{study}/responses?format=csv").raise_for_status()
    return list(csv.DictReader(io.StringIO(table.text)))
