"""Both studies in real browsers, from link to code, with reloads in the middle; the export holds what was pressed."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from experiments.methods.observers.truth import read_truth
from tests.e2e.person import Person
from tests.e2e.survivor import exported
from tests.services.deployment import PASSWORD, Deployment

pytestmark = pytest.mark.e2e
TRUSTED_TYPES = "require-trusted-types-for trusted-types-sink"
CHOICES = {"forced-choice": ("upper", "lower"), "occlusion": ("left", "right")}


@pytest.fixture(params=["forced-choice", "occlusion"])
def study(request: pytest.FixtureRequest, deployment: Deployment) -> dict[str, Any]:
    return deployment.studies()[request.param]


@pytest.fixture(params=["chromium", "firefox"])
def browser(request: pytest.FixtureRequest) -> Browser:
    found: Browser = request.getfixturevalue(request.param)
    return found


def pass_practice(person: Person, study: dict[str, Any], truth: Path, screenshots: str) -> None:
    """Answer practice as somebody does who knows."""
    known = read_truth(truth, study=study["id"])
    for number, trial in enumerate(person.plan()["practice"]["trials"]):
        images = {place: image["sha256"] for place, image in trial["images"].items()}
        choice = known.best_query(images)
        given = person.answer("14"[CHOICES[study["name"]].index(choice)], name=f"{screenshots}-practice-{number + 1}")
        assert given["correct"] is True
        person.go_on()


def test_person_goes_from_link_to_code_and_the_export_holds_their_answers(
    study: dict[str, Any], deployment: Deployment, browser: Browser, screenshots: Path, tmp_path: Path
) -> None:
    name, kind = study["name"], browser.browser_type.name
    folder = screenshots / name if kind == "chromium" else screenshots / kind / name
    folder.mkdir(parents=True, exist_ok=True)
    truth = Path(deployment.manage("export_truth", "--study", name, "--out", str(tmp_path / "truth.json")).strip())
    person = Person(browser, f"{deployment.web.url}{study['participant_url']}?participant={kind}-{name}", folder)

    person.consent()
    person.instructions()
    if person.plan()["phase"] == "practice":
        pass_practice(person, study, truth, "trial")
        person.look("practice-passed")
        person.page.locator(".page-buttons button").last.click()
    trials = person.plan()["main"]["trials"]
    for number, key in enumerate("16253"):
        person.answer(key, name=f"trial-main-{number + 1}", by_mouse=number % 2 == 1)
        if number == 1:
            # Before Continue: the answer is stored, so the next trial follows.
            person.page.reload()
        elif number == 2:
            person.go_on()
            person.page.wait_for_selector("[data-screen=trial][data-state=open]")
            person.page.reload()
        else:
            person.go_on()
    code = person.page.wait_for_selector("[data-screen=thanks] .code").inner_text()
    person.look("thanks")
    person.page.reload()
    code_again = person.page.wait_for_selector("[data-screen=thanks] .code").inner_text()

    rows = [row for row in exported(deployment, study["id"]) if row["trial_id"] in person.answers]
    assert code == code_again
    assert [row["trial_id"] for row in rows if row["trial_kind"] != "practice"] == [trial["id"] for trial in trials]
    assert {row["trial_id"]: (row["choice"], row["confidence"], row["input"]) for row in rows} == {
        trial: (given["choice"], given["confidence"], given["input"]) for trial, given in person.answers.items()
    }
    assert all(float(row["rt"]) == pytest.approx(float(row["event_time"]) - float(row["onset"])) for row in rows)
    assert person.hosts == {deployment.web.url.removeprefix("http://")}
    assert person.complaints == []
    # jsPsych empties the screen between trials so; nothing is ever written.
    assert {words.partition(" http")[0] for words in person.reports} == {f"{TRUSTED_TYPES} Element innerHTML|"}


def test_admin_shows_studies_jobs_and_results_under_the_strict_policy(
    deployment: Deployment, chromium: Browser, screenshots: Path
) -> None:
    person = Person(chromium, f"{deployment.web.url}/admin/", screenshots / "admin")
    study = deployment.studies()["forced-choice"]
    page = person.page

    page.goto(person.link)
    person.look("login")
    page.fill("[name=username]", "researcher")
    page.fill("[name=password]", PASSWORD)
    page.locator("[type=submit]").click()
    page.wait_for_url("**/admin/")
    for name, path in {
        "index": "",
        "studies": "studies/study/",
        "study": f"studies/study/{study['id']}/change/",
        "sessions": "studies/session/",
        "trials": "studies/trial/",
        "responses": "studies/response/",
        "artifacts": "stimuli/artifact/",
        "jobs": "stimuli/job/",
        "participants": "participants/participant/",
        "payments": "participants/payment/",
        "recruitments": "participants/recruitment/",
        "builder": "studies/study/add/",
        "runs": "runs/trainingrun/",
        "run-form": "runs/trainingrun/add/",
        "users": "auth/user/",
    }.items():
        answer = page.goto(f"{person.link}{path}")
        page.wait_for_load_state("networkidle")
        person.look(name)
        assert (answer.status, page.url) == (200, f"{person.link}{path}")
    for name in ("results", "operations", "quality"):
        answer = page.goto(f"{deployment.web.url}/studies/{study['id']}/{name}/")
        page.wait_for_load_state("networkidle")
        person.look(name)
        assert answer.status == 200, name
    page.goto(f"{deployment.web.url}/api/v1/docs")
    page.wait_for_selector(".opblock")
    person.look("api-docs")

    assert person.complaints == []
    assert person.hosts == {deployment.web.url.removeprefix("http://")}
    # Django's jQuery and Swagger write HTML as text, which is why that policy is only reported.
    assert all(words.startswith(TRUSTED_TYPES) for words in person.reports)
    assert {Path(words).name.split(".")[0] for words in person.reports} <= {"jquery", "SelectBox", "swagger-ui-bundle"}
