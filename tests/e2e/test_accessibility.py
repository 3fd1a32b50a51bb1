"""Both studies for people who see, point or read otherwise: axe on every screen, keyboard alone, 200 % zoom, right to left."""

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.e2e.visitor import Visitor
from tests.services.deployment import Deployment

pytestmark = pytest.mark.e2e
ZOOMED = (640, 360)
"""What is left of 1280 by 720 px at 200 %."""
FOCUS = """() => {
  const node = document.activeElement;
  const style = getComputedStyle(node);
  return [node.ariaLabel ?? node.textContent ?? "", style.outlineStyle !== "none"];
}"""


@pytest.fixture(params=["forced-choice", "occlusion"])
def study(request: pytest.FixtureRequest, deployment: Deployment) -> dict[str, Any]:
    return deployment.studies()[request.param]


@pytest.fixture
def folder(study: dict[str, Any], screenshots: Path) -> Path:
    folder = screenshots / study["name"] / "accessibility"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.mark.parametrize("size", [(1280, 720), ZOOMED], ids=["full", "zoomed"])
def test_every_screen_passes_axe_and_never_scrolls_sideways(
    study: dict[str, Any], deployment: Deployment, chromium: Browser, folder: Path, size: tuple[int, int]
) -> None:
    visitor = Visitor(deployment, study, chromium, folder / str(size[0]), size=size)
    visitor.screenshots.mkdir(exist_ok=True)
    page = visitor.page

    visitor.enter()
    visitor.read()
    if visitor.plan()["phase"] == "practice":
        visitor.practice("incorrect", is_right=False)
        visitor.practice("correct", is_right=True)
    wait_for_trial(page)
    visitor.check("open")
    other = visitor.context.new_page()
    other.goto(page.url)
    wait_for_trial(other)
    page.wait_for_selector("[data-screen=elsewhere]")
    visitor.check("elsewhere")
    other.close()
    visitor.set_study("paused")
    visitor.leave_page()
    page.wait_for_selector("[data-screen=paused]")
    visitor.check("paused")
    visitor.resume()
    for number in range(5):
        visitor.answer("162534"[number])
        visitor.check(f"answered-{number + 1}")
        visitor.go_on()
    page.wait_for_selector("[data-screen=thanks]")
    visitor.check("thanks")
    page.get_by_role("button", name="Withdraw my answers").click()
    page.wait_for_selector("dialog[open]")
    visitor.check("withdraw")
    page.get_by_role("button", name="Withdraw", exact=True).click()
    page.wait_for_selector("[data-screen=withdrawn] .erasure-code")
    visitor.check("withdrawn")

    assert visitor.problems == []
    assert visitor.complaints == []


def test_pages_beside_the_study_pass_axe(deployment: Deployment, chromium: Browser, screenshots: Path) -> None:
    study = deployment.studies()["forced-choice"]
    visitor = Visitor(deployment, study, chromium, screenshots, size=ZOOMED)
    beside = {
        "erase": f"{deployment.web.url}/erase/",
        "unknown": f"{deployment.web.url}/p/00000000-0000-4000-8000-000000000000/",
        "damaged": f"{visitor.link}?kind=nobody",
    }

    for name, address in beside.items():
        visitor.page.goto(address)
        visitor.check(name)

    assert visitor.problems == []


def test_lost_connection_is_told_accessibly(
    study: dict[str, Any], deployment: Deployment, chromium: Browser, folder: Path
) -> None:
    visitor = Visitor(deployment, study, chromium, folder)
    visitor.enter()
    visitor.page.wait_for_selector("[data-screen=instructions]")
    visitor.context.set_offline(True)

    # The end of the instructions is told to the server, which cannot be reached.
    while visitor.screen() == "instructions":
        visitor.leave_page()
    visitor.page.wait_for_selector("[data-screen=trouble]")
    visitor.check("trouble")
    # "Try again" need not be pressed: the page goes on by itself once the connection is back.
    visitor.context.set_offline(False)
    visitor.page.wait_for_selector("[data-screen=instructions], [data-screen=trial]")

    assert visitor.problems == []


def test_keyboard_alone_leads_from_link_to_code(
    study: dict[str, Any], deployment: Deployment, chromium: Browser, folder: Path
) -> None:
    visitor = Visitor(deployment, study, chromium, folder)
    page = visitor.page
    page.goto(visitor.link)
    press(page, r"^I agree")
    while visitor.screen() == "instructions":
        title = page.locator("h1").inner_text()
        press(page, r"^(Next|Start)$")
        page.wait_for_function("(title) => document.querySelector('h1')?.textContent !== title", arg=title)
    right = visitor.right_answers()
    for trial in visitor.plan()["practice"]["trials"] if visitor.plan()["phase"] == "practice" else []:
        answer_by_keyboard(page, right[trial["id"]])
    if visitor.screen() == "practice-result":
        press(page, r"^Begin$")
    for number in (0, 1, 1, 0, 1):
        answer_by_keyboard(page, visitor.choices()[number])
    page.wait_for_selector("[data-screen=thanks] .code")
    press(page, r"^Copy the code$")

    plan = visitor.plan()
    assert plan["phase"] == "finished"
    assert visitor.complaints == []


def test_right_to_left_leaves_left_and_right_of_a_trial_where_they_are(
    study: dict[str, Any], deployment: Deployment, chromium: Browser, folder: Path
) -> None:
    visitor = Visitor(deployment, study, chromium, folder)
    visitor.enter()
    page = visitor.page
    page.wait_for_selector("[data-screen=instructions]")
    page.evaluate("() => { document.documentElement.dir = 'rtl'; }")
    while visitor.screen() == "instructions":
        visitor.check("right-to-left-instructions")
        visitor.leave_page()
    wait_for_trial(page)

    visitor.check("right-to-left-trial")
    order = [page.locator(place).first.bounding_box()["x"] for place in in_order(study)]
    label, middle = page.locator(".progress-label").bounding_box()["x"], 640

    assert order == sorted(order)
    assert label > middle
    assert visitor.problems == []


def in_order(study: dict[str, Any]) -> list[str]:
    """Places of a trial from left to right, whatever the language."""
    if study["name"] == "forced-choice":
        return [".references-left", ".query", ".references-right"]
    return ["[data-figure=left]", "[data-figure=right]"]


def wait_for_trial(page: Page) -> None:
    """Return when an answer can be given."""
    page.wait_for_selector("[data-screen=trial][data-state=open]")


def press(page: Page, name: str) -> None:
    """Go to a control with the Tab key, see that the focus is visible on the way, and press it with Enter."""
    for _ in range(25):
        page.keyboard.press("Tab")
        label, is_visible = page.evaluate(FOCUS)
        assert is_visible, f"the focus on {label!r} cannot be seen"
        if re.search(name, label):
            page.keyboard.press("Enter")
            return
    raise AssertionError(f"the Tab key does not lead to {name}")


def answer_by_keyboard(page: Page, choice: str) -> None:
    """Choose an image, surely, without the digit keys; then go on."""
    trial = page.wait_for_selector("[data-screen=trial][data-state=open]")
    identity = trial.get_attribute("data-trial")
    press(page, rf"(?i)^{choice} image, confidence 3 of 3$")
    page.wait_for_selector(f"[data-trial='{identity}'][data-state=done]")
    page.keyboard.press("Enter")
    trial.wait_for_element_state("hidden")
