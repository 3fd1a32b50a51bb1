"""Fifty people at the same moment, each with a connection of their own to PostgreSQL."""

import random
from collections import Counter

import pytest

from tests.webapp import made_up, progress
from tests.webapp.side_by_side import at_once, meanwhile, require_postgres
from webapp.api_errors import Conflict
from webapp.participants.models import AuditEntry, Consent, Participant
from webapp.participants.services import participant_enter
from webapp.studies.assignment import study_cells
from webapp.studies.erasure import Erasure, sessions_erase
from webapp.studies.models import Response, Session, SessionEvent, Study, Trial
from webapp.studies.services.response import response_record
from webapp.studies.services.session import session_finish, session_start
from webapp.studies.services.study import study_start
from webapp.studies.services.withdrawal import erasure_code_give

pytestmark = [pytest.mark.integration, pytest.mark.django_db(transaction=True)]
PEOPLE = 50
CROWDS, CROWD, DROPOUT = 3, 20, 0.35


@pytest.fixture(autouse=True)
def _on_postgres() -> None:
    require_postgres()


def enter(study: Study, external_id: str, *, kind: str = "live") -> Session:
    participant = participant_enter(external_id=external_id, kind=kind, consent=study.consent)
    return session_start(study, participant)[0]


def small_study() -> Study:
    return made_up.study(main_trials=1, catch_trials=1, practice_obvious=1, practice_other=0, tasks=30)


def test_fifty_people_at_once_get_places_of_their_own():
    study = small_study()

    sessions = at_once(lambda number: enter(study, f"person-{number}"), range(PEOPLE))

    assert [error for error in sessions if not isinstance(error, Session)] == []
    places = Counter((session.condition_id, session.model, session.task_index) for session in sessions)
    assert set(places.values()) == {1}
    assert set(Counter(session.condition_id for session in sessions).values()) == {PEOPLE // 2}


def test_three_crowds_at_once_with_dropouts_pilots_and_bots_stay_balanced():
    study = small_study()

    def crowd(number: int) -> int:
        draw, stayed = random.Random(number), 0
        for person in range(CROWD):
            session = enter(study, f"{number}-{person}")
            if draw.random() < DROPOUT:
                progress.lose_lease(session)
                continue
            stayed += 1
            Session.objects.filter(id=session.id).update(state="finished", passed_checks=True)
            if person % 5 == 0:
                others = enter(study, f"{number}-{person}", kind="bot"), enter(study, f"{number}-{person}", kind="pilot")
                Session.objects.filter(id__in=[other.id for other in others]).update(state="finished", passed_checks=True)
        return stayed

    stayed = at_once(crowd, range(CROWDS))

    done = [cell.done.total() for cell in study_cells(study, kind="live", cohort="crowd")]
    assert sum(done) == sum(stayed)
    assert max(done) - min(done) <= 1 + CROWDS


def test_one_person_fifty_times_at_once_has_one_session():
    study = small_study()

    sessions = at_once(lambda _: enter(study, "person"), range(PEOPLE))

    assert {getattr(session, "id", session) for session in sessions} == {Session.objects.get().id}
    assert Participant.objects.count() == Consent.objects.count() == 1
    assert Trial.objects.filter(attempt=0).count() == 3
    assert SessionEvent.objects.filter(kind=SessionEvent.Kind.REJOINED).count() == PEOPLE - 1


def test_last_place_goes_to_everybody_who_comes_at_once_and_then_the_study_is_full():
    study = progress.without_rules(made_up.study(main_trials=1, catch_trials=1, tasks=1, conditions=("natural",)))

    sessions = at_once(lambda number: enter(study, f"person-{number}"), range(5))
    for session in sessions:
        progress.finish(session)

    assert at_once(lambda number: str(enter(study, f"late-{number}")), range(1))[0].field == "study"


def test_answer_that_meets_an_erasure_is_refused_as_of_a_session_that_is_gone():
    study = small_study()
    session, _ = made_up.session(study)
    session = progress.to_main(session)
    trial = session.trials.select_related("response").filter(kind="main").first()
    Session.objects.get(id=session.id).delete()

    with pytest.raises(Conflict) as refused:
        response_record(session, trial, made_up.answer())

    assert refused.value.body["field"] == "session"


def test_answer_waits_for_an_erasure_that_goes_on_and_is_not_among_the_answers_without_a_person():
    study = small_study()
    Study.objects.filter(id=study.id).update(erasure=Study.Erasure.ANONYMIZE)
    session = progress.to_main(made_up.session(study)[0])
    trial = session.trials.filter(kind="main").first()

    refused = meanwhile(lambda: erase(session), lambda: response_record(session, trial, made_up.answer()))

    assert isinstance(refused, Conflict)
    assert refused.body["field"] == "session"
    assert not Response.objects.filter(trial=trial).exists()


@pytest.mark.parametrize(("policy", "kept"), [(Study.Erasure.DELETE, 0), (Study.Erasure.ANONYMIZE, 1)])
def test_erasure_waits_for_an_answer_under_way_and_treats_it_as_all_others(policy, kept):
    study = small_study()
    Study.objects.filter(id=study.id).update(erasure=policy)
    session = progress.to_main(made_up.session(study)[0])
    trial = session.trials.filter(kind="main").first()
    stored: list[Response] = []

    erased = meanwhile(lambda: stored.extend(progress.answer(session, [trial])), lambda: erase(session))

    assert erased.sessions == 1
    assert Response.objects.filter(trial=trial).count() == kept
    assert not Response.objects.filter(trial=trial, answered_at=stored[0].answered_at).exists()


def erase(session: Session) -> Erasure:
    return sessions_erase(Session.objects.filter(id=session.id))


def test_session_that_ends_many_times_at_once_ends_once():
    study = progress.without_rules(small_study())
    session, _ = made_up.session(study)
    progress.answer_plan(progress.to_main(session))

    def end(_: int) -> tuple[str | None, str | None]:
        return session_finish(Session.objects.get(id=session.id)), erasure_code_give(session, token="secret")

    ends = at_once(end, range(10))

    assert len({code for code, _ in ends}) == 1
    assert len({erasure_code for _, erasure_code in ends}) == 1


def test_study_that_is_started_many_times_at_once_opens_once():
    study = small_study()
    images = set(study.images.values_list("id", flat=True))
    Study.objects.filter(id=study.id).update(state=Study.State.DRAFT)

    started = at_once(lambda _: study_start(study), range(6))

    assert {getattr(one, "state", "refused") for one in started} <= {"open", "refused"}
    assert Study.objects.get().state == Study.State.OPEN
    assert set(study.images.values_list("id", flat=True)) == images


@pytest.mark.parametrize("policy", Study.Erasure.values)
def test_session_that_ten_erase_at_once_is_erased_once(policy: str) -> None:
    study = progress.without_rules(made_up.study())
    Study.objects.filter(id=study.id).update(erasure=policy)
    session = progress.finished(study, external_id="somebody")

    done = at_once(lambda _: erase(session), range(10))

    assert [error for error in done if isinstance(error, Exception)] == []
    assert sum(erasure.sessions for erasure in done) == 1
    assert Study.objects.get().erased_sessions == 1
    assert AuditEntry.objects.filter(action=AuditEntry.Action.ERASED).count() == 1
