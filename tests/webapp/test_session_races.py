"""Two things that happen to a session at the same moment, each with a connection of its own to PostgreSQL."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import parse_qsl

import pytest
from django.db import transaction
from django.test import Client

from tests.webapp import made_up, progress
from tests.webapp.side_by_side import in_the_middle, meanwhile, outcome, require_postgres
from webapp.studies.erasure import sessions_erase
from webapp.studies.models import Session, SessionEvent, Study
from webapp.studies.participant.links import person_link
from webapp.studies.services.quality import rule_set_create, study_judge
from webapp.studies.services.session import session_finish
from webapp.studies.services.withdrawal import session_withdraw

pytestmark = [pytest.mark.integration, pytest.mark.django_db(transaction=True)]
PERSON = "anna"
TYPE = "application/json"
ENDS: dict[str, Callable[[Session], Any]] = {
    "finished": session_finish,
    "withdrawn": lambda session: session_withdraw(session, token="secret"),
}
VERDICT = 'UPDATE "studies_session" SET "passed_checks"'
NOBODY_PASSES = [{"name": "instruction_time", "low": 1e6, "high": None}]


@pytest.fixture(autouse=True)
def _on_postgres() -> None:
    require_postgres()


def small_study() -> Study:
    return progress.without_rules(made_up.study(main_trials=1, catch_trials=1, practice_obvious=1, practice_other=0, tasks=30))


def answered(study: Study, *, external_id: str = "") -> Session:
    """A session that lacks nothing but its end."""
    session, _ = made_up.session(study, external_id=external_id)
    return progress.answer_plan(progress.to_main(session))


def judge_strictly(study: Study) -> int:
    rule_set_create(study, {condition.name: NOBODY_PASSES for condition in study.conditions.all()})
    return study_judge(study)


def enter(study: Study) -> Any:
    """Agree in a new browser, by a link that shows who comes."""
    words = dict(parse_qsl(person_link(study, PERSON).partition("?")[2]))
    return Client().post(f"/p/{study.id}/", made_up.agreed(study, **words))


def erase(session: Session) -> int:
    return sessions_erase(Session.objects.filter(id=session.id)).sessions


def test_session_that_ends_while_the_rules_change_is_judged_by_the_new_ones():
    study = small_study()
    session = answered(study)

    judged = meanwhile(lambda: session_finish(session), lambda: judge_strictly(study))

    session.refresh_from_db()
    assert (judged, session.passed_checks) == (1, False)
    assert session.verdicts.get().rule_set == study.quality_rule_sets.get(version=3)


def test_judging_by_older_rules_that_ends_last_does_not_decide():
    study = small_study()
    session = progress.finish(made_up.session(study)[0])

    in_the_middle(lambda: study_judge(study), lambda: judge_strictly(study), before=VERDICT, of=session.id)

    session.refresh_from_db()
    assert session.passed_checks is False


def test_judging_waits_for_somebody_who_withdraws():
    study = small_study()
    session = progress.finish(made_up.session(study)[0])

    assert meanwhile(lambda: session_withdraw(session, token="secret"), lambda: study_judge(study)) == 0


def test_end_in_one_study_does_not_bring_old_rules_back_in_another():
    first, second = small_study(), small_study()
    earlier = progress.finish(made_up.session(first, external_id=PERSON)[0])
    session = answered(second, external_id=PERSON)

    in_the_middle(lambda: session_finish(session), lambda: judge_strictly(first), before=VERDICT, of=earlier.id)

    earlier.refresh_from_db()
    assert earlier.passed_checks is False


def test_sessions_end_and_begin_beside_one_that_ends():
    study = small_study()
    first, second = answered(study), answered(study)

    with ThreadPoolExecutor(2) as others, transaction.atomic():
        session_finish(first)
        ended, begun = (others.submit(outcome, act) for act in (lambda: session_finish(second), lambda: enter(study)))
        done = ended.result(timeout=60), begun.result(timeout=60)

    assert isinstance(done[0], str)
    assert done[1].status_code == 302


@pytest.mark.parametrize("end", ENDS)
def test_whoever_comes_in_again_while_their_session_ends_does_not_revive_it(end: str):
    study = small_study()
    session = answered(study, external_id=PERSON)

    refused = meanwhile(lambda: ENDS[end](session), lambda: enter(study))

    assert refused.status_code == 409
    assert Session.objects.get().state == end
    assert not SessionEvent.objects.filter(kind=SessionEvent.Kind.REJOINED).exists()


@pytest.mark.parametrize("end", ENDS)
def test_erasure_waits_for_an_end_under_way(end: str):
    session = answered(small_study())

    assert meanwhile(lambda: ENDS[end](session), lambda: erase(session)) == 1
    assert not Session.objects.exists()


@pytest.mark.parametrize("path", ["finish", "practice", "withdraw"])
def test_end_that_meets_an_erasure_has_no_session(browser, path: str):
    client, session = browser(small_study())
    progress.answer_plan(progress.to_main(session))
    Session.objects.filter(id=session.id).update(practice_passed=True)

    response = meanwhile(lambda: erase(session), lambda: client.post(f"/p/{session.study_id}/{path}", {}, content_type=TYPE))

    assert (response.status_code, response.json()["field"]) == (401, "token")


def test_whoever_enters_while_they_are_erased_is_somebody_new():
    study = small_study()
    session, _ = made_up.session(study, external_id=PERSON)

    entered = meanwhile(lambda: erase(session), lambda: enter(study))

    assert entered.status_code == 302
    assert Session.objects.get().id != session.id


@pytest.mark.parametrize("order", ["erased first", "entered first"])
def test_erasure_in_one_study_does_not_harm_whoever_enters_another(order: str):
    old, new = small_study(), small_study()
    session, _ = made_up.session(old, external_id=PERSON)
    acts: list[Callable[[], Any]] = [lambda: erase(session), lambda: enter(new)]

    done = meanwhile(*(acts if order == "erased first" else reversed(acts)))

    assert not isinstance(done, Exception)
    assert list(Session.objects.values_list("study", flat=True)) == [new.id]
