"""A researcher in front of the browser who checks every page that they come to, for tests of accessibility."""

from pathlib import Path

from playwright.sync_api import Browser

from tests.e2e.axe import violations
from tests.e2e.person import Person
from tests.e2e.visitor import OVERFLOW
from tests.services.deployment import PASSWORD, Deployment

NARROW = {"width": 400, "height": 720}


class Researcher(Person):
    """A researcher who checks every page that they come to."""

    def __init__(self, deployment: Deployment, browser: Browser, folder: Path) -> None:
        super().__init__(browser, f"{deployment.web.url}/", folder, size=(1280, 900))
        self.problems: list[tuple[str, str]] = []

    def log_in(self) -> None:
        """Ask for the explorer, and be asked who one is."""
        self.page.goto(f"{self.link}explorer/")
        self.page.fill("[name=username]", "researcher")
        self.page.fill("[name=password]", PASSWORD)
        self.page.locator("[type=submit]").click()
        self.page.wait_for_url("**/explorer/")

    def check(self, name: str) -> None:
        """Note what axe finds, and whether the page scrolls sideways on a telephone; take a picture of all of it."""
        self.problems += [(name, problem) for problem in violations(self.page)]
        self.page.screenshot(path=self.screenshots / f"{name}.png", full_page=True)
        usual = self.page.viewport_size
        self.page.set_viewport_size(NARROW)  # type: ignore[arg-type]
        width, room = self.page.evaluate(OVERFLOW)
        if width > room:
            self.problems.append((name, f"scrolls sideways by {width - room} px"))
        self.page.set_viewport_size(usual)  # type: ignore[arg-type]
