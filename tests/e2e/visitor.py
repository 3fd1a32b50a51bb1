"""A participant who checks every screen that they come to, for tests of accessibility."""

from pathlib import Path
from typing import Any

import psycopg
from playwright.sync_api import Browser

from experiments import registry
from experiments.contract.designs import CHOICES, WITH_CONFIDENCE
from tests.e2e.axe import violations
from tests.e2e.person import Person
from tests.services.deployment import Deployment

# Said to the database itself: a management command takes longer to start than the page that it is for.
PRACTICE = "SELECT id, correct_choice FROM studies_trial WHERE kind = 'practice'"
SET_STATE = "UPDATE studies_study SET state = %s WHERE name = %s"
# Pages that the server renders begin with the focus on the page itself.
LOST_FOCUS = "() => document.getElementById('unitscope') !== null && document.activeElement === document.body"
PRESS = "() => document.querySelector('[data-screen=paused] .page-buttons button')?.click()"
OVERFLOW = "() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]"


class Visitor(Person):
    """A participant who checks every screen that they come to."""

    def __init__(self, deployment: Deployment, study: dict[str, Any], browser: Browser, folder: Path, **options: Any) -> None:
        link = f"{deployment.web.url}{study['participant_url']}"
        super().__init__(browser, link, folder, **options)
        self.deployment, self.study = deployment, study
        self.problems: list[tuple[str, str]] = []

    def check(self, name: str) -> None:
        """Note what axe finds, a page that scrolls sideways, and a focus that was lost."""
        self.problems += [(name, problem) for problem in violations(self.page)]
        self.look(name)
        width, room = self.page.evaluate(OVERFLOW)
        if width > room:
            self.problems.append((name, f"scrolls sideways by {width - room} px"))
        if self.page.evaluate(LOST_FOCUS):
            self.problems.append((name, "nothing has the focus"))

    def choices(self) -> tuple[str, ...]:
        """The answers of the study's task."""
        return CHOICES[registry.design(self.study["paper"]).TASK]

    def right_answers(self) -> dict[str, str]:
        """The right answer of every practice trial there is, as only the server knows it."""
        with self._database() as database:
            return {str(trial): choice for trial, choice in database.execute(PRACTICE).fetchall()}

    def set_study(self, state: str) -> None:
        """Pause the study, or open it again."""
        with self._database() as database:
            database.execute(SET_STATE, [state, self.study["name"]])

    def resume(self) -> None:
        """Open the paused study again and go on: by the button, unless the page, which asks by itself, was faster."""
        self.set_study("open")
        self.page.evaluate(PRESS)
        self.page.wait_for_selector("[data-screen=paused]", state="detached")

    def enter(self) -> None:
        """Agree."""
        self.page.goto(self.link)
        self.check("consent")
        self.page.locator("form button[type=submit]").click()

    def read(self) -> None:
        """Read the instructions."""
        number = 0
        while self.page.wait_for_selector("[data-screen]").get_attribute("data-screen") == "instructions":
            number += 1
            self.check(f"instructions-{number}")
            self.leave_page()

    def key_of(self, choice: str) -> str:
        """The digit of a choice; where it comes with a confidence, of the middle one."""
        number = self.choices().index(choice)
        has_confidence = registry.design(self.study["paper"]).TASK in WITH_CONFIDENCE
        return str(2 + 3 * number if has_confidence else 1 + number)

    def practice(self, name: str, *, is_right: bool) -> None:
        """Answer all practice trials, and look at the verdict on each and on all."""
        right = self.right_answers()
        for trial in self.plan()["practice"]["trials"]:
            chosen = next(choice for choice in self.choices() if (choice == right[trial["id"]]) == is_right)
            self.answer(self.key_of(chosen))
            self.check(name)
            self.go_on()
        self.page.wait_for_selector("[data-screen=practice-result]")
        self.check(f"{name}-result")
        self.leave_page()

    def _database(self) -> psycopg.Connection[tuple[Any, ...]]:
        """A connection to the deployment's database; what was done is committed at the end of the block."""
        return psycopg.connect(self.deployment.env["DATABASE_URL"])
