"""An encoder trained here on real photographs, from the form that starts its run to a participant's completion code."""

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.e2e.conftest import SMALL
from tests.e2e.person import Person
from tests.e2e.test_explorer import Researcher
from tests.services.deployment import WAIT_SECONDS, Deployment

pytestmark = pytest.mark.e2e
SIDE = 32
# Two encoders, one a loss, each in some seconds, so that their curves are seen to grow.
IMAGES = {"photographs": 100, "stamps": 0, "side": SIDE, "batch": 32, "steps": 24, "measure_every": 2, "views": 1}
SETTINGS = "\n".join(("part=images", f"scale={json.dumps({'seeds': 1, 'images': {'packaged': IMAGES}})}"))
NAME = "trained-here"
WORKER_MS = 1000 * WAIT_SECONDS
# What the builder does not know from the network.
CHANGES = {name: SMALL[name] for name in ("pool", "pool_size", "steps", "transforms", "catch_trials", "max_batches")}
TRIALS = {"main_trials": 2, "practice_obvious": 0, "practice_other": 0, "answer_lock": 0}


@pytest.fixture
def researcher(deployment: Deployment, chromium: Browser, screenshots: Path) -> Researcher:
    folder = screenshots / "runs"
    folder.mkdir(exist_ok=True)
    researcher = Researcher(deployment, chromium, folder)
    researcher.log_in()
    return researcher


def test_encoder_goes_from_its_run_to_a_study_that_a_participant_finishes(
    researcher: Researcher, deployment: Deployment, chromium: Browser
) -> None:
    model = see_run_through(researcher)
    look_at_a_unit(researcher, model)
    units = plan_study(researcher, model)
    deployment.wait_open(NAME)
    study = deployment.studies()[NAME]
    person = Person(chromium, f"{deployment.web.url}{study['participant_url']}", researcher.screenshots)
    answer_all(person)

    assert set(study["units"]) == set(units)
    assert (study["settings"]["pool_resolution"], study["settings"]["size"]) == (SIDE, SIDE)
    assert len(person.answers) == TRIALS["main_trials"] + SMALL["catch_trials"]
    assert person.page.locator("[data-screen=thanks] .code").inner_text()
    assert researcher.problems == []
    assert researcher.complaints == []
    assert person.complaints == []


def see_run_through(researcher: Researcher) -> str:
    """Start the run, see its curves grow and its claims come, all without loading the page again; the first network."""
    page = researcher.page
    page.goto(f"{researcher.link}admin/runs/trainingrun/")
    page.get_by_role("link", name="Start a run").click()
    page.locator("[name=paper]").select_option("rusak2024_aninfonce")
    page.locator("[name=settings]").fill(SETTINGS)
    researcher.check("start")
    page.get_by_role("button", name="Start the run").click()
    page.wait_for_url("**/runs/*/")
    page.wait_for_selector("#state .under-way .curves ~ .curves polyline", timeout=WORKER_MS)
    researcher.check("run-under-way")
    page.wait_for_selector("#state[data-state=finished] table.claims", timeout=WORKER_MS)
    page.wait_for_load_state("networkidle")
    researcher.check("run")
    assert page.locator("#news").inner_text() == "Finished: finished"
    assert page.locator("details.stage").count() == 2
    assert page.locator("figure.result img").evaluate_all("images => images.every((image) => image.naturalWidth > 0)")
    return page.locator("a[href*='/explorer/local.']").first.inner_text()


def look_at_a_unit(researcher: Researcher, model: str) -> None:
    """Its pictures are made as any other's, at the size of its own images."""
    page = researcher.page
    run = page.url
    page.goto(f"{researcher.link}explorer/{model}/relu2/3/?pool_size=450&steps=6")
    for part in ("Exemplars", "Visualization: what activates it most"):
        page.get_by_role("button", name=f"Make: {part}").click()
    for part in ("exemplars", "visualization"):
        page.wait_for_selector(f"#{part}[data-state=finished] img", timeout=WORKER_MS)
    page.wait_for_load_state("networkidle")
    researcher.check("unit")
    assert f"at {SIDE} px" in page.locator(".options summary").inner_text()
    page.goto(run)


def plan_study(researcher: Researcher, model: str) -> list[str]:
    """Press the button beside the network, keep two of the units that the builder was opened with, and start."""
    page = researcher.page
    page.get_by_role("button", name=f"Make a study of its units: {model}").click()
    page.locator("[name=paper][value=zimmermann2023_scale]").check()
    page.locator("form [type=submit]").last.click()
    units = page.locator("[name=pasted]").input_value().split()
    assert page.locator("[name=models]:checked").evaluate_all("boxes => boxes.map((box) => box.value)") == [model]
    assert {unit.partition("/")[0] for unit in units} == {model}
    chosen = [unit for unit in units if "/relu4:" in unit][:2]
    page.fill("[name=name]", NAME)
    page.fill("[name=pasted]", "\n".join(chosen))
    page.get_by_text("Numbers and stimuli").click()
    fill_settings(researcher, {**CHANGES, **TRIALS})
    researcher.check("builder")
    page.get_by_role("button", name="Start: make the stimuli, then open").click()
    page.wait_for_url("**/admin/studies/study/*/change/")
    return chosen


def fill_settings(researcher: Researcher, settings: dict[str, Any]) -> None:
    for name, value in settings.items():
        researcher.page.fill(f"[name=setting_{name}]", str(value))
    researcher.page.locator("[name=setting_diversity_search]").uncheck()


def answer_all(person: Person) -> None:
    """From the link to the completion code."""
    person.consent()
    person.instructions()
    trials = person.plan()["main"]["trials"]
    for number in range(len(trials)):
        person.answer("1" if number % 2 else "6", name="" if number else "trial")
        person.go_on()
    person.page.wait_for_selector("[data-screen=thanks] .code")
    person.look("thanks")
