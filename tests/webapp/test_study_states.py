"""A study is paused, resumed and closed, also in the middle of sessions; places of those who left are free again."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from experiments.contract.errors import InputError
from tests.webapp import made_up, progress
from tests.webapp.test_participant_api import post, put
from webapp.api_errors import Conflict
from webapp.studies.models import Response, Session, SessionEvent, Study
from webapp.studies.selectors import plan_trials
from webapp.studies.services.session import session_start, sessions_expire
from webapp.studies.services.study_state import study_close, study_pause, study_resume
from webapp.studies.tasks import expire

pytestmark = [pytest.mark.integration, pytest.mark.django_db]


def state_of(study: Study) -> str:
    return Study.objects.get(id=study.id).state


@pytest.mark.parametrize(
    ("change", "before", "after"),
    [
        (study_pause, "open", "paused"),
        (study_resume, "paused", "open"),
        (study_resume, "closed", "open"),
        (study_close, "open", "closed"),
        (study_close, "paused", "closed"),
    ],
)
def test_study_changes_its_state(change, before, after):
    study = made_up.study()
    Study.objects.filter(id=study.id).update(state=before)

    assert change(study).state == state_of(study) == after


@pytest.mark.parametrize(
    ("change", "fitting"),
    [(study_pause, {"open"}), (study_resume, {"paused", "closed"}), (study_close, {"open", "paused"})],
)
def test_study_in_another_state_is_left_alone(change, fitting):
    study = made_up.study()
    for state in set(Study.State.values) - fitting:
        Study.objects.filter(id=study.id).update(state=state)

        with pytest.raises(InputError) as refused:
            change(study)

        assert refused.value.field == "state"
        assert state_of(study) == state


def test_study_paused_in_mid_session_loses_nothing(browser):
    study = progress.without_rules(made_up.study())
    client, session = browser(study)
    progress.to_main(session)
    trials = list(plan_trials(session).order_by("position"))
    for trial in trials[:2]:
        put(client, session, trial, choice=trial.correct_choice)

    study_pause(study)
    phase = client.get(f"/p/{study.id}/session").json()["phase"]
    # Answered before the browser heard of the pause.
    late = put(client, session, trials[2], choice=trials[2].correct_choice)
    stranger = Client().get(f"/p/{study.id}/")
    study_resume(study)
    resumed = client.get(f"/p/{study.id}/session").json()
    for trial in trials[3:]:
        put(client, session, trial, choice=trial.correct_choice)
    code = post(client, session, "finish").json()["code"]

    assert (phase, resumed["phase"]) == ("paused", "main")
    assert late.status_code == 200
    assert stranger.status_code == 404
    assert [trial["answered"] for trial in resumed["main"]["trials"]] == [True] * 3 + [False] * (len(trials) - 3)
    assert Response.objects.filter(trial__in=trials).count() == len(trials)
    assert len(code) == 8


def test_session_with_all_answers_may_end_while_its_study_is_paused(browser):
    study = made_up.study()
    client, session = browser(study)
    progress.answer_plan(progress.to_main(session))
    study_pause(study)

    Study.objects.filter(id=study.id).update(paused_at=timezone.now() - timedelta(hours=1))
    Session.objects.filter(id=session.id).update(served_at=timezone.now() - timedelta(hours=2))

    assert post(client, session, "finish").status_code == 200
    study_resume(study)

    (pause,) = SessionEvent.objects.filter(session=session, kind="study paused")
    assert pause.details["seconds"] == pytest.approx(3600, abs=5)


def test_nobody_begins_while_a_study_is_paused():
    study = made_up.study()
    study_pause(study)

    with pytest.raises(InputError) as refused:
        made_up.session(study)

    assert refused.value.field == "study"


def test_clock_of_a_lease_stands_still_while_its_study_is_paused():
    study = made_up.study()
    session, _ = made_up.session(study)
    ended, _ = made_up.session(study)
    progress.lose_lease(ended)
    study_pause(study)
    hour = timedelta(hours=1)
    Study.objects.filter(id=study.id).update(paused_at=timezone.now() - hour)
    Session.objects.filter(id=session.id).update(lease_until=timezone.now() - timedelta(minutes=30))

    assert sessions_expire() == 0
    study_resume(study)

    session.refresh_from_db()
    assert session.state == Session.State.RUNNING
    assert session.lease_until - timezone.now() == pytest.approx(timedelta(minutes=30), abs=timedelta(minutes=1))


def test_pause_is_noted_for_those_who_had_to_wait():
    study = made_up.study()
    waited, unserved, done = made_up.session(study)[0], made_up.session(study)[0], progress.finished(study)
    progress.to_main(waited)
    Session.objects.filter(id=waited.id).update(served_at=timezone.now() - timedelta(hours=2))
    study_pause(study)
    Study.objects.filter(id=study.id).update(paused_at=timezone.now() - timedelta(hours=1))

    study_resume(study)

    seconds = {event.session_id: event.details["seconds"] for event in SessionEvent.objects.filter(kind="study paused")}
    assert set(seconds) == {waited.id, unserved.id}
    assert seconds[waited.id] == pytest.approx(3600, abs=5)
    assert seconds[unserved.id] == 0
    assert done.state == Session.State.FINISHED


def test_whoever_has_begun_may_finish_in_a_closed_study():
    study = made_up.study()
    session, _ = made_up.session(study)
    study_close(study)

    assert progress.finish(session).state == Session.State.FINISHED
    with pytest.raises(InputError):
        made_up.session(study)


def test_minute_task_frees_the_places_of_those_who_left():
    study = made_up.study()
    here, left = made_up.session(study)[0], made_up.session(study)[0]
    progress.lose_lease(left)

    expire()
    expire()

    assert [Session.objects.get(id=session.id).state for session in (here, left)] == ["running", "expired"]
    assert SessionEvent.objects.filter(session=left, kind=SessionEvent.Kind.LEASE_EXPIRED).count() == 1


def test_expired_person_comes_back_where_they_were_and_finishes():
    study = progress.without_rules(made_up.study())
    session, _ = made_up.session(study)
    progress.answer_plan(progress.to_main(session), count=2)
    progress.lose_lease(session)
    sessions_expire()

    again, _ = session_start(study, session.participant)

    assert again.id == session.id
    assert again.state == Session.State.RUNNING
    assert again.lease_until > timezone.now()
    progress.answer_plan(again)
    assert Response.objects.filter(trial__session=session, trial__attempt=0).count() == 5


def test_expired_person_with_the_page_still_open_may_go_on(browser):
    study = made_up.study()
    client, session = browser(study)
    progress.to_main(session)
    progress.lose_lease(session)
    sessions_expire()

    for trial in plan_trials(session):
        assert put(client, session, trial, choice=trial.correct_choice).status_code == 200
    assert post(client, session, "finish").status_code == 200


def test_whoever_finished_returned_or_withdrew_does_not_begin_again():
    study = made_up.study()
    session = progress.finished(study)
    for state in ("finished", "returned", "withdrawn"):
        Session.objects.filter(id=session.id).update(state=state)

        with pytest.raises(Conflict):
            session_start(study, session.participant)


def test_admin_pauses_resumes_and_closes():
    study = made_up.study()
    client = Client()
    client.force_login(User.objects.create_superuser("researcher"))
    states = []
    for action in ("pause", "pause", "resume", "close", "resume"):
        client.post("/admin/studies/study/", {"action": action, "_selected_action": [str(study.id)]})
        states.append(state_of(study))

    assert states == ["paused", "paused", "open", "closed", "open"]
