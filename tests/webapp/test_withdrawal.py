"""Second thoughts: whoever withdraws is not counted, keeps what they earned, and gets a code that erases their answers."""

import json

import pytest

from tests.webapp import made_up, progress
from tests.webapp.test_participant_api import TYPE, main_trials, pass_practice, post, put
from webapp.studies.assignment import study_cells
from webapp.studies.exports import export
from webapp.studies.models import Response, Session, SessionEvent
from webapp.studies.results.requests import finished_sessions, has_news, results_request
from webapp.studies.services.session import session_start
from webapp.studies.services.study_state import study_close, study_pause
from webapp.studies.services.withdrawal import code_sha256, erasure_code_give

pytestmark = [pytest.mark.integration, pytest.mark.django_db]


def taken(study) -> int:
    return sum(cell.sessions for cell in study_cells(study, kind="live", cohort="crowd"))


def test_whoever_withdraws_in_mid_session_is_not_counted_and_can_answer_no_more(browser):
    study = made_up.study()
    client, session = browser(study)
    pass_practice(client, session)
    first, second = main_trials(session)[:2]
    put(client, session, first, choice=first.correct_choice)

    body = post(client, session, "withdraw").json()

    session.refresh_from_db()
    assert body["withdrawn"] is True
    assert session.state == Session.State.WITHDRAWN
    assert session.erasure_code_sha256 == code_sha256(body["erasure_code"])
    assert [event.details for event in session.events.filter(kind=SessionEvent.Kind.WITHDRAWN)] == [{"from": "running"}]
    assert taken(study) == 0
    assert client.get(f"/p/{study.id}/session").json()["phase"] == "withdrawn"
    assert put(client, session, second, choice=second.correct_choice).status_code == 409
    assert post(client, session, "practice").json() == {"passed": True}
    assert post(client, session, "finish").status_code == 409
    assert Response.objects.filter(trial__session=session, trial__attempt=0).count() == 1


def test_whoever_withdraws_after_the_end_keeps_the_completion_code(browser):
    study = progress.without_rules(made_up.study())
    client, session = browser(study)
    progress.answer_plan(progress.to_main(session))
    code = post(client, session, "finish").json()["code"]

    post(client, session, "withdraw")

    plan = client.get(f"/p/{study.id}/session").json()
    assert (plan["phase"], plan["code"]) == ("withdrawn", code)
    assert post(client, session, "finish").json()["code"] == code
    assert finished_sessions(study)["live"] == taken(study) == 0


def test_withdrawing_during_practice_ends_practice(browser):
    study = made_up.study()
    client, session = browser(study)
    post(client, session, "instructions", {"duration": 5000})
    post(client, session, "withdraw")

    assert post(client, session, "practice").status_code == 409
    session.refresh_from_db()
    assert session.attempt == 1


def test_withdrawing_again_gives_the_same_code_and_no_second_event(browser):
    client, session = browser(made_up.study())

    first, second = (post(client, session, "withdraw").json()["erasure_code"] for _ in range(2))

    session.refresh_from_db()
    assert first == second
    assert session.erasure_code_sha256 == code_sha256(second)
    assert session.events.filter(kind=SessionEvent.Kind.WITHDRAWN).count() == 1


@pytest.mark.parametrize("change", [study_pause, study_close])
def test_withdrawing_is_possible_while_a_study_is_paused_or_closed(browser, change):
    study = made_up.study()
    client, session = browser(study)
    change(study)

    assert post(client, session, "withdraw").status_code == 200


def test_only_the_session_itself_withdraws(browser, client):
    _, session = browser(made_up.study())
    stranger, _ = browser(made_up.study())

    assert client.post(f"/p/{session.study_id}/withdraw", {}, content_type=TYPE).status_code == 401
    assert stranger.post(f"/p/{session.study_id}/withdraw", {}, content_type=TYPE).status_code == 401
    session.refresh_from_db()
    assert session.state == Session.State.RUNNING


def test_answers_of_whoever_withdrew_are_in_no_export_and_in_no_table_of_an_analysis(browser):
    study = progress.without_rules(made_up.study())
    stayed, left = progress.finished(study), progress.finished(study)
    results_request(study)
    Session.objects.filter(id=left.id).update(state=Session.State.WITHDRAWN)

    rows = [json.loads(line) for line in b"".join(export(study, form="jsonl")).splitlines()]

    assert {row["session_id"] for row in rows} == {str(stayed.id)}
    assert has_news(study)


def test_erasure_code_on_paper_stays_valid_however_often_it_is_asked_for(browser):
    study = made_up.study()
    codes = []
    for _ in range(2):
        client, session = browser(study)
        progress.answer_plan(progress.to_main(session))
        told = [post(client, session, name).json()["erasure_code"] for name in ("finish", "finish", "withdraw")]
        codes.append(told[0])
        session.refresh_from_db()
        assert told == [told[0]] * 3
        assert session.erasure_code_sha256 == code_sha256(told[0])

    assert codes[0] != codes[1]


def test_browser_that_has_lost_the_session_is_given_no_code():
    study = made_up.study()
    session, token = made_up.session(study, external_id="somebody")
    again, other_token = made_up.session(study, external_id="somebody")

    assert erasure_code_give(session, token=token) is None
    assert erasure_code_give(again, token=other_token)


def test_erasure_code_is_given_at_the_end_and_only_its_hash_is_kept(browser):
    client, session = browser(made_up.study())
    progress.answer_plan(progress.to_main(session))

    first, second = (post(client, session, "finish").json() for _ in range(2))

    session.refresh_from_db()
    assert first["code"] == second["code"]
    assert second["erasure_code"] == first["erasure_code"]
    signs = first["erasure_code"].replace("-", "")
    assert len(signs) * 5 >= 80
    assert session.erasure_code_sha256 == code_sha256(first["erasure_code"].lower().replace("-", " "))
    assert signs not in json.dumps({name: str(value) for name, value in vars(session).items()})


def test_nobody_gets_an_erasure_code_before_the_end(browser):
    client, session = browser(made_up.study())
    progress.to_main(session)

    assert post(client, session, "finish").status_code == 409
    session.refresh_from_db()
    assert session.erasure_code_sha256 == ""


def test_place_of_whoever_withdrew_goes_to_somebody_else():
    study = progress.without_rules(made_up.study(tasks=1, conditions=("natural",)))
    first = progress.finished(study)
    Session.objects.filter(id=first.id).update(state=Session.State.WITHDRAWN)

    second, _ = made_up.session(study)

    assert second.task_index == first.task_index
    assert session_start(study, second.participant)[0].id == second.id
