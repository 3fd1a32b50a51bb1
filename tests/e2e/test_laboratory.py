"""The laboratory study in a real browser: ratings, blocks with their scores, few and no references, in English and German."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.e2e.conftest import SMALL, UNITS
from tests.e2e.survivor import exported
from tests.e2e.visitor import Visitor
from tests.services.deployment import Deployment

pytestmark = pytest.mark.e2e
PAPER = "borowski2021_exemplary"
SETTINGS = {
    **{name: SMALL[name] for name in ("pool", "pool_size", "pool_resolution", "size", "steps", "transforms", "max_batches")},
    **{"main_trials": 1, "ratings": 1, "none_blocks": 1, "blocks": 1, "practice_trials": 1, "catch_trials": 1, "repeats": 1},
    **{"grid_blocks": 1, "grid_practice_trials": 0, "grid_catch_trials": 0},
}
LANGUAGES = {"experiment_1": "en", "experiment_2": "de"}
SET_LANGUAGES = f"from webapp.studies.models import Study; Study.objects.filter(paper={PAPER!r}).update(languages=['en', 'de'])"


@pytest.fixture(scope="module", params=LANGUAGES)
def condition(request: pytest.FixtureRequest, deployment: Deployment) -> str:
    """A condition whose study is open, in both languages."""
    condition: str = request.param
    words = [f"--set={name}={value}" for name, value in SETTINGS.items()]
    name = condition.replace("_", "-")
    deployment.manage("study_create", PAPER, "--name", name, "--units", *UNITS, "--conditions", condition, *words)
    deployment.wait_open(name)
    deployment.manage("shell", "--no-imports", "-c", SET_LANGUAGES)
    return condition


def test_laboratory_session_leads_through_blocks_and_ratings_to_the_code(
    condition: str, deployment: Deployment, chromium: Browser, screenshots: Path
) -> None:
    language, folder = LANGUAGES[condition], screenshots / condition
    folder.mkdir(exist_ok=True)
    study: dict[str, Any] = deployment.studies()[condition.replace("_", "-")]
    visitor = Visitor(deployment, study, chromium, folder)
    visitor.link += f"?language={language}"

    visitor.enter()
    visitor.read()
    walked = walk(visitor)
    plan = visitor.plan()
    spoken = visitor.page.evaluate("() => [document.documentElement.lang, document.querySelector('h1').textContent]")

    blocks = plan["main"]["blocks"]
    # A score after each block of choices, before the page of the next block or the end.
    scored = [block for block in blocks if block["correct_so_far"] is not None]
    assert walked["rating"] == sum(trial["form"] == "rating" for trial in plan["main"]["trials"])
    assert walked["choice"] == sum(trial["form"] == "choice" for trial in plan["main"]["trials"])
    assert walked["score"] == len(scored)
    assert plan["phase"] == "finished"
    assert spoken == {"en": ["en", "Thank you!"], "de": ["de", "Vielen Dank!"]}[language]
    rows = [row for row in exported(deployment, study["id"]) if row["condition"] == condition]
    assert {row["session_state"] for row in rows} == {"finished"}
    assert {row["trial_kind"] for row in rows} >= {"rating", "main"}
    if condition == "experiment_1":
        assert {row["trial_kind"] for row in rows} == {"rating", "practice", "main", "catch", "repeat"}
        assert {row["trial_condition"] for row in rows} >= {"none", "natural", "synthetic"}
    assert visitor.problems == []
    assert visitor.complaints == []


def walk(visitor: Visitor) -> dict[str, int]:
    """Go through all blocks to the last page, and count what was met; the first of every kind of screen is checked."""
    page = visitor.page
    met = {"rating": 0, "choice": 0, "score": 0, "block": 0}
    known: set[str] = set()

    def check_new(kind: str) -> None:
        if kind not in known:
            known.add(kind)
            visitor.check(kind)

    ready = "[data-screen=block], [data-screen=thanks], [data-screen=trial][data-state=open]"
    while (screen := page.wait_for_selector(ready)).get_attribute("data-screen") != "thanks":
        if screen.get_attribute("data-screen") == "block":
            has_score = page.locator(".score").count() > 0
            met["score"] += has_score
            met["block"] += 1
            check_new("block-score" if has_score else "block")
            visitor.leave_page()
        elif screen.get_attribute("data-form") == "rating":
            met["rating"] += 1
            check_new("rating")
            page.locator("input[type=range]").press("End")
            check_new("rating-moved")
            page.locator("button.confirm").click()
            screen.wait_for_element_state("hidden")
        else:
            met["choice"] += 1
            check_new(f"trial-{page.locator('.scene').get_attribute('data-references')}-references")
            visitor.answer("25"[met["choice"] % 2])
            check_new("answered")
            visitor.go_on()
    visitor.check("thanks")
    return met
