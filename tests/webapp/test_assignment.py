"""Assignment: the fewest-completed cell first, dropouts released, nobody counted who is no person of that cohort."""

import random
from collections import Counter
from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from experiments.contract.errors import InputError
from tests.webapp import made_up, progress
from webapp.participants.models import Participant
from webapp.studies.assignment import Cell, cell_choose, study_cells
from webapp.studies.models import Session, Study
from webapp.studies.services.session import session_start, sessions_expire
from webapp.studies.services.study_state import condition_pause, condition_resume

pytestmark = [pytest.mark.integration, pytest.mark.django_db]
FULL = "this study has all the participants that it needs"
NO_PLACE = "this study has no free place at the moment"
STARTS, DROPOUT, PASSES = 1000, 0.35, 0.95
UNDER_WAY = 20


def started(study: Study, participant: Participant | None = None, **changes: str) -> Session:
    """A session that was assigned as `session_start` does it, without its trials, which nothing here looks at."""
    about = {"kind": "live", "cohort": "crowd", **changes}
    cell = cell_choose(study, kind=about["kind"], cohort=about["cohort"], seed=uuid4().int)
    return Session.objects.create(
        study=study,
        participant=participant or Participant.objects.create(kind=about["kind"], external_id_hash=uuid4().hex),
        condition=cell.condition,
        model=cell.model,
        task_index=cell.task_index,
        token_sha256=uuid4().hex,
        seed=0,
        lease_until=timezone.now() + timedelta(hours=1),
        **about,
    )


def ended(session: Session, **changes: object) -> None:
    Session.objects.filter(id=session.id).update(**{"state": "finished", "passed_checks": True, **changes})


def per_condition(study: Study, **about: object) -> Counter[str]:
    return Counter(study.sessions.filter(**about).values_list("condition__name", flat=True))


def spread(study: Study) -> int:
    """Largest less smallest number of completed sessions that count, over the cells."""
    done = [cell.done.total() for cell in study_cells(study, kind="live", cohort="crowd")]
    return max(done) - min(done)


@pytest.mark.parametrize("run", [1, 2, 3])
def test_cells_stay_balanced_over_a_thousand_starts_with_dropouts(run):
    draw = random.Random(run)
    study = made_up.study("zimmermann2021_causal", tasks=400, practice_obvious=0, practice_other=0)
    people = Participant.objects.bulk_create(Participant(kind="live", external_id_hash=f"{number}") for number in range(STARTS))
    under_way: list[Session] = []
    gone: list[Session] = []
    for number, person in enumerate(people):
        under_way.append(started(study, person))
        if number % 20 == 0:
            # Simulated participants and pilots come beside them; some of those who left come back and finish.
            ended(started(study, kind="bot"))
            started(study, kind="pilot")
            if gone:
                ended(gone.pop(draw.randrange(len(gone))))
        if len(under_way) > UNDER_WAY:
            session = under_way.pop(draw.randrange(len(under_way)))
            if draw.random() < DROPOUT:
                progress.lose_lease(session)
                gone.append(session)
            else:
                ended(session, passed_checks=draw.random() < PASSES)
    sessions_expire()
    for session in under_way:
        ended(session)

    assert study.sessions.filter(kind="live").count() == STARTS
    assert study.sessions.filter(state="expired", kind="live").count() == len(gone) > 250
    assert spread(study) <= 1 + UNDER_WAY


def test_without_dropouts_cells_and_tasks_differ_by_one_at_most():
    study = made_up.study("zimmermann2021_causal", tasks=4)
    for number in range(11):
        session = started(study)
        if number % 2:
            ended(session)
        counts = [cell.sessions for cell in study_cells(study, kind="live", cohort="crowd")]
        assert max(counts) - min(counts) <= 1
    places = study.sessions.values_list("condition", "model", "task_index")
    assert len(set(places)) == 11


def test_study_is_full_when_the_crowd_has_done_all_tasks():
    study = made_up.study(tasks=2)
    for _ in range(4):
        ended(started(study))

    with pytest.raises(InputError, match=FULL):
        started(study)
    with pytest.raises(InputError, match=FULL):
        made_up.session(study)


def test_failed_session_leaves_its_task_to_somebody_else():
    study = made_up.study(tasks=1, conditions=("natural",))
    ended(started(study), passed_checks=False)

    ended(started(study), passed_checks=None)

    with pytest.raises(InputError, match=FULL):
        started(study)


def test_while_the_last_task_is_under_way_nobody_is_turned_away():
    study = made_up.study(tasks=2, conditions=("natural",))
    ended(started(study))
    last = started(study)

    again = started(study)

    assert again.task_index == last.task_index
    assert study.sessions.filter(task_index=last.task_index).count() == 2


def test_free_task_of_a_fuller_cell_goes_before_one_that_somebody_is_at():
    study = made_up.study(tasks=2)
    natural, synthetic = study.conditions.order_by("name")
    # Natural: one task done by three, since two came back after their time; one is free. Synthetic: one done, one under way.
    sessions = [started(study) for _ in range(5)]
    for session, condition, task in zip(sessions, [natural] * 3 + [synthetic] * 2, (0, 0, 0, 0, 1), strict=True):
        Session.objects.filter(id=session.id).update(condition=condition, task_index=task)
    for session in sessions[:4]:
        ended(session)

    session = started(study)

    assert (session.condition, session.task_index) == (natural, 1)


def test_dropout_gives_the_task_back_by_the_clock_alone():
    study = made_up.study(tasks=1, conditions=("natural",))
    first = started(study)
    progress.lose_lease(first)

    (cell,) = study_cells(study, kind="live", cohort="crowd")

    assert cell.free == [0]
    assert started(study).task_index == first.task_index


def test_whoever_comes_back_after_another_took_the_task_may_finish_too():
    study = progress.without_rules(made_up.study(tasks=1, conditions=("natural",)))
    first, _ = made_up.session(study)
    progress.lose_lease(first)
    sessions_expire()
    second = progress.finished(study)

    back, _ = session_start(study, first.participant)
    progress.finish(back)

    (cell,) = study_cells(study, kind="live", cohort="crowd")
    assert cell.done == {0: 2}
    assert second.task_index == first.task_index == 0


@pytest.mark.parametrize(
    "other",
    [{"kind": "bot"}, {"kind": "pilot"}, {"kind": "preview"}, {"kind": "live", "cohort": "expert"}],
)
def test_others_never_count_for_the_crowd_and_do_all_tasks_again(other):
    study = made_up.study(tasks=1)
    for _ in range(6):
        ended(started(study, **other))

    assert sum(cell.sessions for cell in study_cells(study, kind="live", cohort="crowd")) == 0
    assert per_condition(study, **other) == {"natural": 3, "synthetic": 3}
    for _ in range(2):
        ended(started(study))
    assert per_condition(study, kind="live", cohort="crowd") == {"natural": 1, "synthetic": 1}
    with pytest.raises(InputError, match=FULL):
        started(study)


def test_nobody_is_assigned_to_a_paused_condition():
    study = made_up.study(tasks=5)
    paused = study.conditions.get(name="natural")
    condition_pause(paused)

    for _ in range(3):
        started(study)

    assert per_condition(study) == {"synthetic": 3}
    condition_resume(paused)
    for _ in range(3):
        started(study)
    assert per_condition(study) == {"natural": 3, "synthetic": 3}


def test_study_whose_conditions_are_all_paused_has_no_place_at_the_moment():
    study = made_up.study()
    study.conditions.update(is_paused=True)

    with pytest.raises(InputError, match=NO_PLACE):
        started(study)


def test_study_with_something_left_only_in_a_paused_condition_is_not_called_full():
    study = made_up.study(tasks=1)
    ended(started(study))
    study.conditions.exclude(sessions__state="finished").update(is_paused=True)

    with pytest.raises(InputError, match=NO_PLACE):
        started(study)


def test_conditions_are_drawn_by_a_seeded_lot_and_tasks_taken_in_order():
    study = made_up.study(tasks=10)

    def chosen(seed: int) -> Cell:
        return cell_choose(study, kind="live", cohort="crowd", seed=seed)

    cells = [chosen(seed) for seed in range(40)]

    assert len({cell.condition.id for cell in cells}) == 2
    assert {cell.task_index for cell in cells} == {0}
    assert chosen(7) == chosen(7)


def test_choice_takes_three_queries_however_many_the_sessions(django_assert_num_queries):
    study = made_up.study(tasks=100)
    for _ in range(20):
        started(study)

    with django_assert_num_queries(3):
        cell_choose(study, kind="live", cohort="crowd", seed=1)
