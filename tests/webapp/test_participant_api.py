"""The participant's interface: what it tells, what it takes, what it refuses."""

import json
from typing import Any

import pytest
from django.test import Client

from tests.webapp import made_up
from webapp.studies.models import Response, Session, Study, Trial
from webapp.studies.participant.api import cookie_name
from webapp.studies.services.session import MOST_ATTEMPTS

pytestmark = [pytest.mark.integration, pytest.mark.django_db]
TYPE = "application/json"


def put(client: Client, session: Session, trial: Trial, **changes: Any) -> Any:
    url = f"/p/{session.study_id}/trials/{trial.id}/answer"
    return client.put(url, made_up.answer(**changes), content_type=TYPE)


def post(client: Client, session: Session, name: str, body: Any = None) -> Any:
    return client.post(f"/p/{session.study_id}/{name}", body or {}, content_type=TYPE)


def main_trials(session: Session) -> list[Trial]:
    return list(session.trials.filter(kind__in=("main", "catch")).order_by("position"))


def pass_practice(client: Client, session: Session) -> None:
    post(client, session, "instructions", {"duration": 5000})
    for trial in session.trials.filter(kind="practice"):
        assert put(client, session, trial, choice=trial.correct_choice).status_code == 200
    assert post(client, session, "practice").json() == {"passed": True}


@pytest.mark.parametrize("paper", ["zimmermann2023_scale", "zimmermann2021_causal"])
def test_session_goes_from_instructions_to_code(browser, paper):
    client, session = browser(made_up.study(paper))

    phases = [client.get(f"/p/{session.study_id}/session").json()["phase"]]
    post(client, session, "instructions", {"duration": 5000})
    phases.append(client.get(f"/p/{session.study_id}/session").json()["phase"])
    if not session.practice_passed:
        pass_practice(client, session)
    phases.append(client.get(f"/p/{session.study_id}/session").json()["phase"])
    for trial in main_trials(session):
        assert put(client, session, trial, choice=trial.correct_choice).status_code == 200
    code = post(client, session, "finish").json()["code"]
    plan = client.get(f"/p/{session.study_id}/session").json()

    assert phases[0] == "instructions"
    assert phases[-1] == "main"
    assert plan["phase"] == "finished"
    assert plan["code"] == code
    assert len(code) == 8


def test_plan_tells_nothing_of_the_truth(browser):
    client, session = browser(made_up.study())

    plan = client.get(f"/p/{session.study_id}/session").json()

    for trial in plan["main"]["trials"] + plan["practice"]["trials"]:
        assert set(trial) - {"block"} == {"id", "form", "answered", "images"}
        assert {tuple(sorted(image)) for image in trial["images"].values()} == {("sha256", "size", "url")}
        assert len({image["size"] for image in trial["images"].values()}) == 1
    text = json.dumps(plan)
    assert "_blocks" not in text
    assert "catch" not in text
    assert "min_" not in text


def test_practice_with_a_mistake_brings_fresh_trials(browser):
    client, session = browser(made_up.study())
    post(client, session, "instructions", {"duration": 5000})
    first = list(session.trials.filter(kind="practice"))
    for trial in first:
        put(client, session, trial, choice="lower" if trial.correct_choice == "upper" else "upper")

    body = post(client, session, "practice").json()

    assert body["passed"] is False
    assert body["practice"]["attempt"] == 2
    assert {trial["id"] for trial in body["practice"]["trials"]}.isdisjoint(str(trial.id) for trial in first)


@pytest.mark.parametrize(
    ("contact", "remedy"), [("lab@example.org", "Write to lab@example.org"), ("", "Write to whoever sent you here")]
)
def test_practice_ends_after_many_attempts_with_whom_to_write_to(browser, contact, remedy):
    client, session = browser(made_up.study())
    Study.objects.filter(id=session.study_id).update(contact=contact)
    post(client, session, "instructions", {"duration": 5000})
    # As if all attempts but the last had gone before.
    session.trials.filter(kind="practice").update(attempt=MOST_ATTEMPTS)
    Session.objects.filter(id=session.id).update(attempt=MOST_ATTEMPTS)
    for trial in session.trials.filter(kind="practice"):
        put(client, session, trial, choice="lower" if trial.correct_choice == "upper" else "upper")

    refusals = [post(client, session, "practice") for _ in range(2)]

    assert [refusal.status_code for refusal in refusals] == [409, 409]
    assert (refusals[0].json()["field"], refusals[0].json()["remedy"]) == ("practice", remedy)
    assert session.trials.filter(kind="practice").count() == 2
    session.refresh_from_db()
    assert (session.attempt, session.practice_passed) == (MOST_ATTEMPTS, False)


def test_unfinished_practice_stays_as_it_is(browser):
    client, session = browser(made_up.study())
    post(client, session, "instructions", {"duration": 5000})

    body = post(client, session, "practice").json()

    assert body["passed"] is False
    assert body["practice"]["attempt"] == 1


def test_feedback_follows_the_design(browser):
    told, untold = browser(made_up.study()), browser(made_up.study("zimmermann2021_causal"))
    answers = []
    for client, session in (told, untold):
        if session.practice_passed:
            post(client, session, "instructions", {"duration": 5000})
        else:
            pass_practice(client, session)
        trial = main_trials(session)[0]
        answers.append(put(client, session, trial, choice=trial.correct_choice).json())

    assert [(answer["saved"], answer["correct"]) for answer in answers] == [(True, True), (True, None)]


def test_same_answer_sent_again_is_harmless(browser):
    client, session = browser(made_up.study())
    pass_practice(client, session)
    trial = main_trials(session)[0]
    key = "11111111-1111-4111-8111-111111111111"

    statuses = [put(client, session, trial, key=key).status_code for _ in range(3)]

    assert statuses == [200, 200, 200]
    assert Response.objects.filter(trial=trial).count() == 1


def test_contradicting_answer_is_refused_and_the_first_stands(browser):
    client, session = browser(made_up.study())
    pass_practice(client, session)
    trial = main_trials(session)[0]
    put(client, session, trial, choice="upper")

    response = put(client, session, trial, choice="lower")

    assert response.status_code == 409
    assert response.json()["field"] == "trial"
    assert Response.objects.get(trial=trial).choice == "upper"


def test_contradiction_tells_whether_another_tab_goes_on(browser):
    client, session = browser(made_up.study())
    pass_practice(client, session)
    trial = main_trials(session)[0]
    url = f"/p/{session.study_id}/trials/{trial.id}/answer"
    client.get(f"/p/{session.study_id}/session", headers={"X-Tab": "one"})
    put(client, session, trial, choice="upper")

    in_the_same, in_another = (
        client.put(url, made_up.answer(choice="lower"), content_type=TYPE, headers={"X-Tab": tab}) for tab in ("one", "another")
    )

    assert [answer.status_code for answer in (in_the_same, in_another)] == [409, 409]
    assert [answer.json()["elsewhere"] for answer in (in_the_same, in_another)] == [False, True]


def test_another_answer_under_the_same_key_is_no_replay(browser):
    client, session = browser(made_up.study())
    pass_practice(client, session)
    trial = main_trials(session)[0]
    key = "22222222-2222-4222-8222-222222222222"
    put(client, session, trial, key=key, choice="upper")

    assert put(client, session, trial, key=key, choice="lower").status_code == 409


def test_strangers_trial_does_not_exist(browser):
    study = made_up.study()
    client, session = browser(study)
    _, other = browser(study)
    pass_practice(client, session)
    theirs = main_trials(other)[0]

    answer = put(client, session, theirs)

    assert answer.status_code == 404
    assert not Response.objects.filter(trial=theirs).exists()


def test_main_trial_before_practice_is_refused(browser):
    client, session = browser(made_up.study())

    response = put(client, session, main_trials(session)[0])

    assert response.status_code == 409
    assert not Response.objects.exists()


def test_code_is_kept_until_every_answer_is_here(browser):
    client, session = browser(made_up.study())
    pass_practice(client, session)
    *answered, last = main_trials(session)
    for trial in answered:
        put(client, session, trial)

    response = post(client, session, "finish")

    assert response.status_code == 409
    assert response.json()["missing"] == [str(last.id)]
    assert Session.objects.get(id=session.id).completion_code == ""


@pytest.mark.parametrize("token", ["", "forged", "x" * 500])
def test_foreign_token_opens_nothing(token):
    study = made_up.study()
    client = Client()
    client.cookies[cookie_name(study.id)] = token

    response = client.get(f"/p/{study.id}/session")

    assert response.status_code == 401
    assert response.json()["field"] == "token"


def test_token_of_one_study_opens_no_other():
    study, other = made_up.study(), made_up.study()
    _, token = made_up.session(study)
    client = Client()
    client.cookies[cookie_name(other.id)] = token

    assert client.get(f"/p/{other.id}/session").status_code == 401


def test_write_without_csrf_token_is_refused():
    study = made_up.study()
    _, token = made_up.session(study)
    client = Client(enforce_csrf_checks=True)
    client.cookies[cookie_name(study.id)] = token

    response = client.post(f"/p/{study.id}/instructions", {"duration": 1}, content_type=TYPE)

    assert response.status_code == 403
    assert Session.objects.get(study=study).instruction_time is None


def test_returning_person_gets_the_same_session_and_a_new_token():
    study = made_up.study()
    first, old = made_up.session(study, external_id="anna")
    second, new = made_up.session(study, external_id="anna")
    client = Client()
    client.cookies[cookie_name(study.id)] = old

    assert first.id == second.id
    assert old != new
    assert client.get(f"/p/{study.id}/session").status_code == 401


def test_conditions_get_equally_many_sessions_and_bots_do_not_count():
    study = made_up.study()
    for _ in range(3):
        made_up.session(study, kind="bot")

    conditions = [made_up.session(study)[0].condition.name for _ in range(6)]

    assert sorted(conditions) == ["natural"] * 3 + ["synthetic"] * 3


def test_secrets_are_not_stored_in_clear():
    study = made_up.study()
    session, token = made_up.session(study, external_id="prolific0001")

    stored = json.dumps([list(Session.objects.values()), list(type(session.participant).objects.values())], default=str)

    assert token not in stored
    assert "prolific0001" not in stored


def test_what_could_tell_browsers_apart_is_stored_rounded(browser):
    client, session = browser(made_up.study())
    post(client, session, "instructions", {"duration": 5000})
    trial = session.trials.filter(kind="practice").first()

    put(client, session, trial, viewport_width=1283, viewport_height=716, refresh_interval=16.6832)

    stored = Response.objects.get(trial=trial)
    assert (stored.viewport_width, stored.viewport_height, stored.refresh_interval) == (1280, 720, 16.7)
