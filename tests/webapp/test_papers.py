"""Studies of every paper and condition, from the plan in the database to the completion code."""

from typing import Any

import pytest

from experiments import registry
from experiments.contract.errors import InputError
from tests.webapp import made_up
from tests.webapp.test_participant_api import post, put
from webapp.participants.services import participant_enter
from webapp.studies.models import Response, Session, Study, Trial
from webapp.studies.participant.session_plan import session_plan
from webapp.studies.selectors import study_settings
from webapp.studies.services.session import session_start

pytestmark = [pytest.mark.integration, pytest.mark.django_db]
LABORATORY = "borowski2021_exemplary"
CONDITIONS = [
    (slug, condition)
    for slug, paper in registry.experiments().items()
    if paper.asks_people
    for condition in registry.design(slug).CONDITIONS
]


def answer_all(client: Any, session: Session) -> None:
    """Answer what is open: choices rightly, with confidences in turn, ratings in the middle."""
    for number, trial in enumerate(session.trials.filter(attempt=0, response=None).exclude(kind="example").order_by("position")):
        if trial.kind == "rating":
            answer = {name: value for name, value in made_up.answer(rating=10).items() if name not in ("choice", "confidence")}
            url = f"/p/{session.study_id}/trials/{trial.id}/answer"
            assert client.put(url, answer, content_type="application/json").status_code == 200
        else:
            changes = {"choice": trial.correct_choice, "confidence": 1 + number % 3}
            assert put(client, session, trial, **changes).status_code == 200


@pytest.mark.parametrize(("paper", "condition"), CONDITIONS)
def test_every_condition_can_be_planned_and_sent(paper: str, condition: str):
    study = made_up.study(paper, conditions=[condition])

    session, _ = made_up.session(study)
    plan = session_plan(session)

    assert study.state == "open"
    assert session.condition.name == condition
    assert len(plan["main"]["trials"]) == session.trials.filter(attempt=0).exclude(kind="example").count() > 0
    assert all(trial["images"] for trial in plan["main"]["trials"])


@pytest.mark.parametrize(("paper", "condition"), CONDITIONS)
def test_every_condition_speaks_german(paper: str, condition: str):
    study = made_up.study(paper, conditions=[condition])
    participant = participant_enter(external_id="somebody", kind="live", consent=study.consent)

    session, _ = session_start(study, participant, language="de")
    plan = session_plan(session)

    assert plan["language"] == "de"
    said = registry.design(paper).presentation(condition=condition, settings=study_settings(study), language="de")
    assert plan["instructions"][0]["title"] == "Worum es geht"
    assert plan["example"]["presentation"]["prompt"] == said.prompt


def test_occlusion_trials_carry_what_the_export_tells_of_them():
    session, _ = made_up.session(made_up.study("zimmermann2021_causal", conditions=["blur"]))

    main = session.trials.filter(kind="main")
    assert main.exists()
    for trial in main:
        wrong = "right" if trial.correct_choice == "left" else "left"
        expected = {"relative_difference": 0.5, "baseline_center": trial.correct_choice, "baseline_variance": wrong}
        assert trial.about == expected
    assert [trial.about for trial in session.trials.filter(kind="catch")] == [{}]


@pytest.mark.parametrize(("condition", "repeats"), [("experiment_1", 6), ("experiment_2", 0)])
def test_laboratory_session_goes_through_its_blocks_and_asks_some_trials_again(browser, condition: str, repeats: int):
    demo = {**registry.design(LABORATORY).DEMO, "main_trials": 2}
    client, session = browser(made_up.study(LABORATORY, conditions=[condition], **demo))
    post(client, session, "instructions", {"duration": 5000})

    blocks = client.get(f"/p/{session.study_id}/session").json()["main"]["blocks"]
    answer_all(client, session)
    first = post(client, session, "finish").json()["code"]
    again = list(Trial.objects.filter(session=session, kind="repeat"))
    answer_all(client, session)
    code = post(client, session, "finish").json()["code"]

    assert all(block["page"]["paragraphs"] for block in blocks)
    assert [block["presentation"]["block_score"] for block in blocks[:2]] == [False, True]
    assert len(again) == repeats
    assert (first is None) == (repeats > 0)
    assert len(code) == 8
    ratings = Response.objects.filter(trial__session=session, trial__kind="rating")
    assert {(response.rating, response.choice, response.correct) for response in ratings} == {(10, "", None)}
    assert all(trial.images == trial.repeat_of.images for trial in again)


@pytest.mark.parametrize(
    ("paper", "condition", "pool_size"),
    [("zimmermann2023_scale", "natural_medium", 899), ("zimmermann2021_causal", "blur", 9), (LABORATORY, "experiment_1", 19)],
)
def test_a_study_that_asks_for_more_images_than_its_pool_has_is_refused_and_leaves_nothing(
    paper: str, condition: str, pool_size: int
):
    with pytest.raises(InputError) as raised:
        made_up.study(paper, conditions=[condition], pool_size=pool_size)

    assert raised.value.field == "pool_size"
    assert str(pool_size + 1) in raised.value.remedy
    assert not Study.objects.exists()
