"""Adaptive allocation in a study: sessions ask about the units whose scores are least certain, and see one another."""

from collections import Counter

import pytest

from model_zoo.catalogue import draw_units
from tests.webapp import made_up, progress
from webapp.studies.allocation import unit_counts
from webapp.studies.models import Response, Session, Study, Trial

pytestmark = [pytest.mark.integration, pytest.mark.django_db]
UNITS = draw_units("efficientnet_lite0.in1k", count=6, seed=1)


def adaptive(**settings: int) -> Study:
    return made_up.study(
        units=UNITS, conditions=["natural"], allocation="adaptive", main_trials=2, catch_trials=0, practice_obvious=0,
        practice_other=0, **settings,
    )  # fmt: skip


def asked(session: Session) -> list[str]:
    return [trial.unit.address for trial in session.trials.filter(kind="main").select_related("unit")]


def answer(session: Session, *, right: set[str]) -> None:
    """Finish a session; answers about these units are right, others are right every other time."""
    trials = session.trials.filter(kind="main").select_related("unit")
    Response.objects.bulk_create(
        Response(trial=trial, key=trial.id, choice="upper", correct=trial.unit.address in right or number % 2 == 0, confidence=2)
        for number, trial in enumerate(trials)
    )
    Session.objects.filter(id=session.id).update(state=Session.State.FINISHED)


def test_sessions_that_start_together_spread_over_the_units() -> None:
    study = adaptive()

    units = Counter(unit for _ in range(6) for unit in asked(made_up.session(study)[0]))

    assert set(units.values()) == {2}
    assert set(units) == set(UNITS)


def test_certain_units_are_asked_less_than_uncertain_ones() -> None:
    study = adaptive()
    certain = set(UNITS[:3])

    sessions = []
    for _ in range(60):
        session, _ = made_up.session(study)
        sessions.append(asked(session))
        answer(session, right=certain)

    late = Counter(unit for units in sessions[30:] for unit in units)
    assert sum(late[unit] for unit in certain) < sum(late[unit] for unit in UNITS[3:])


def test_answers_of_bots_and_failed_sessions_do_not_count() -> None:
    study = adaptive()
    for _ in range(20):
        bot, _ = made_up.session(study, kind="bot")
        answer(bot, right=set(UNITS))
        failed, _ = made_up.session(study)
        answer(failed, right=set(UNITS))
        Session.objects.filter(id=failed.id).update(passed_checks=False)

    units = Counter(unit for _ in range(3) for unit in asked(made_up.session(study)[0]))

    assert set(units.values()) == {1}


def test_answers_of_experts_and_trials_of_those_who_left_do_not_count() -> None:
    study = adaptive()
    expert, left = made_up.session(study)[0], made_up.session(study)[0]
    answer(expert, right=set(UNITS))
    Session.objects.filter(id=expert.id).update(cohort=Session.Cohort.EXPERT)
    progress.lose_lease(left)

    counts = unit_counts(made_up.session(study)[0], UNITS)

    assert {count.answered for count in counts.values()} == {0}
    assert sum(count.pending for count in counts.values()) == 2


def test_balanced_study_asks_about_all_units_over_its_tasks() -> None:
    study = made_up.study(
        units=UNITS, conditions=["natural"], main_trials=2, catch_trials=0, practice_obvious=0, practice_other=0
    )

    for _ in range(9):
        made_up.session(study)

    counts = Counter(Trial.objects.filter(kind="main").values_list("unit__address", flat=True))
    assert set(counts.values()) == {3}
