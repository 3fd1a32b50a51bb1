"""A person in front of the browser, for tests: reads the pages, answers, takes screenshots, notes what goes wrong."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser

PATIENCE_MS = 60_000
HEADERS = (
    *("content-security-policy", "content-security-policy-report-only", "permissions-policy", "referrer-policy"),
    *("cross-origin-embedder-policy", "cross-origin-opener-policy", "cross-origin-resource-policy", "x-content-type-options"),
)
"""What everything that is served comes with."""
PLAYWRIGHTS_OWN = ("%20%3E%20eval", "sha256-YjaKGiklmzC6wjXA513HAMmzus8VE61XCOT+SmwNZWA=")
"""Before a screenshot of Firefox Playwright adds the inline style `body {}`, which the policy forbids: its source, its hash."""
WATCH = """document.addEventListener('securitypolicyviolation', (event) => window.noteViolation(
  event.disposition, [event.effectiveDirective, event.blockedURI, event.sample, event.sourceFile].join(' ')))"""


class Person:
    """One participant; `answers` holds what they pressed, by trial.

    `complaints` holds what the browser found wrong, what it was forbidden, and answers without the policy's headers; `reports`
    what the policy that is only reported would have forbidden.
    """

    def __init__(self, browser: Browser, link: str, screenshots: Path, *, size: tuple[int, int] = (1280, 720)) -> None:
        self.link, self.screenshots = link, screenshots
        self.context = browser.new_context(viewport={"width": size[0], "height": size[1]})
        self.page = self.context.new_page()
        self.page.set_default_timeout(PATIENCE_MS)
        self.answers: dict[str, dict[str, Any]] = {}
        self.complaints: list[str] = []
        self.reports: list[str] = []
        self.hosts: set[str] = set()
        self.page.on("console", self._note_console)
        self.page.on("pageerror", lambda error: self._complain(str(error)))
        self.page.on("request", self._note_host)
        self.page.on("response", self._note_headers)
        self.context.expose_function("noteViolation", self._note_violation)
        self.context.add_init_script(WATCH)

    def consent(self) -> None:
        """Open the link and agree."""
        self.page.goto(self.link)
        self.look("consent")
        self.page.locator("form button[type=submit]").click()

    def instructions(self) -> None:
        """Read all pages by keyboard."""
        number = 0
        while self.page.wait_for_selector("[data-screen]").get_attribute("data-screen") == "instructions":
            number += 1
            self.look(f"instructions-{number}")
            screen = self.page.locator("[data-screen=instructions]").element_handle()
            button = self.page.locator(".page-buttons button").last
            button.focus()
            self.page.keyboard.press("Enter")
            screen.wait_for_element_state("hidden")

    def answer(self, key: str, *, name: str = "", by_mouse: bool = False) -> dict[str, Any]:
        """Answer the trial on the screen with a key (or the button that carries it), see it through, go on."""
        trial = self.page.wait_for_selector("[data-screen=trial][data-state=open]")
        identity = trial.get_attribute("data-trial")
        button = self.page.locator(f"[data-choice][data-key='{key}']")
        given = {"choice": button.get_attribute("data-choice"), "confidence": button.get_attribute("data-confidence")}
        if name:
            self.look(name)
        with self.page.expect_response(lambda response: response.url.endswith(f"/trials/{identity}/answer")) as saved:
            if by_mouse:
                button.click()
            else:
                self.page.keyboard.press(key)
        self.page.wait_for_selector(f"[data-trial='{identity}'][data-state=done]")
        if name:
            self.look(f"{name}-answered")
        self.answers[identity] = {**given, "correct": saved.value.json()["correct"], "input": "mouse" if by_mouse else "keyboard"}
        return self.answers[identity]

    def go_on(self) -> None:
        """Leave the answered trial."""
        trial = self.page.locator("[data-screen=trial]").element_handle()
        self.page.keyboard.press("Enter")
        trial.wait_for_element_state("hidden")

    def leave_page(self) -> None:
        """Press the button that leads on."""
        shown = self.page.locator("[data-screen]").element_handle()
        self.page.locator(".page-buttons .button").last.click()
        shown.wait_for_element_state("hidden")

    def plan(self) -> dict[str, Any]:
        """The session as the server tells it to this browser."""
        plan: dict[str, Any] = self.page.evaluate("async () => (await fetch('../session')).json()")
        return plan

    def screen(self) -> str:
        """Which screen is shown."""
        return self.page.wait_for_selector("[data-screen]").get_attribute("data-screen")

    def look(self, name: str) -> None:
        """Take a screenshot."""
        # Else Playwright hides the caret by one more style.
        self.page.screenshot(path=self.screenshots / f"{name}.png", caret="initial")

    def _note_host(self, request: Any) -> None:
        if not request.url.startswith(("blob:", "data:")):
            self.hosts.add(urlsplit(request.url).netloc)

    def _note_headers(self, response: Any) -> None:
        if response.url.startswith("http"):
            self.complaints += [f"no {name} of {response.url}" for name in HEADERS if name not in response.headers]

    def _note_violation(self, disposition: str, words: str) -> None:
        if disposition == "enforce":
            self._complain(words)
        else:
            self.reports.append(words)

    def _note_console(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self._complain(f"{message.text} ({message.location.get('url', '')})")

    def _complain(self, words: str) -> None:
        # Firefox says here too what the policy that is only reported would have forbidden.
        if not words.startswith("(Report-Only policy)") and not any(mark in words for mark in PLAYWRIGHTS_OWN):
            self.complaints.append(words)
