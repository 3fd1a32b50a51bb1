"""Quality rules: what each sees of a session, and what it says of it."""

import dataclasses
from datetime import timedelta

import pytest
from django.utils import timezone

from experiments.contract.quality import QUALITY_NAMES, QualityRule
from tests.webapp import made_up, progress
from webapp.studies.models import Response, Session
from webapp.studies.quality.judging import VALUES, SessionFacts, judge, sessions_facts
from webapp.studies.services.session import session_start
from webapp.studies.services.study_state import study_pause, study_resume

FACTS = SessionFacts(
    is_over=True,
    catch_answered=5,
    catch_right=4,
    instruction_time=20.0,
    total_time=300.0,
    side_counts=(20, 25),
    practice_attempts=2,
    participations=1,
    impossible_rt=0,
    focus_losses=3,
)
NOTHING = SessionFacts(
    is_over=True,
    catch_answered=0,
    catch_right=0,
    instruction_time=None,
    total_time=None,
    side_counts=None,
    practice_attempts=None,
    participations=None,
    impossible_rt=0,
    focus_losses=0,
)


def facts_of(session: Session) -> SessionFacts:
    return sessions_facts(session.study, Session.objects.filter(id=session.id))[session.id]


def verdict(facts: SessionFacts, **rule: float | str | None) -> tuple[float | None, bool]:
    (found,) = judge([QualityRule(**rule)], facts)
    return found.value, found.passed


@pytest.mark.unit
def test_every_rule_of_the_contract_has_a_value():
    assert set(VALUES) == set(QUALITY_NAMES)


@pytest.mark.unit
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("catch_ratio", 0.8),
        ("instruction_time", 20.0),
        ("total_time", 300.0),
        ("side_variability", 20),
        ("practice_attempts", 2),
        ("participations", 1),
        ("impossible_rt", 0),
        ("focus_losses", 3),
    ],
)
def test_rule_passes_at_its_ends_and_fails_beyond_them(name, value):
    assert verdict(FACTS, name=name, low=value, high=value) == (value, True)
    assert verdict(FACTS, name=name, low=value + 0.01) == (value, False)
    assert verdict(FACTS, name=name, high=value - 0.01) == (value, False)


@pytest.mark.unit
@pytest.mark.parametrize("name", [name for name in QUALITY_NAMES if name not in ("impossible_rt", "focus_losses")])
def test_rule_without_anything_to_judge_passes_and_says_so(name):
    assert verdict(NOTHING, name=name, low=1, high=1) == (None, True)


@pytest.mark.unit
@pytest.mark.parametrize(("right", "of", "passes"), [(3, 5, True), (2, 5, False), (2, 3, True), (1, 3, False)])
def test_published_catch_threshold_counts_as_published(right, of, passes):
    facts = dataclasses.replace(FACTS, catch_right=right, catch_answered=of)

    assert verdict(facts, name="catch_ratio", low=0.6) == (right / of, passes)


@pytest.mark.unit
def test_side_variability_looks_at_the_side_chosen_less_not_at_the_sum():
    # The original adds both sides up, so that whoever always pressed one side passed.
    always_one_side = dataclasses.replace(FACTS, side_counts=(45, 0))

    assert verdict(always_one_side, name="side_variability", low=1) == (0, False)


@pytest.mark.unit
def test_running_session_may_still_reach_what_grows():
    running = dataclasses.replace(FACTS, is_over=False)

    assert verdict(running, name="total_time", low=400)[1]
    assert verdict(running, name="side_variability", low=30)[1]
    assert not verdict(running, name="total_time", high=200)[1]
    assert not verdict(running, name="catch_ratio", low=0.9)[1]
    assert not verdict(running, name="instruction_time", low=30)[1]


@pytest.mark.integration
@pytest.mark.django_db
def test_facts_agree_with_a_count_by_hand():
    session, _ = made_up.session(made_up.study(main_trials=6, catch_trials=2))
    progress.to_main(session, instructions=12_345, wrong_attempts=2)
    for number, trial in enumerate(session.trials.filter(attempt=0).exclude(kind="example").order_by("position")):
        progress.answer(session, [trial], right=number % 3 > 0, rt=50.0 if number == 1 else 900.0, focus_losses=number)
    Session.objects.filter(id=session.id).update(served_at=timezone.now() - timedelta(seconds=200), finished_at=timezone.now())
    session.refresh_from_db()
    answers = list(Response.objects.filter(trial__session=session, trial__attempt=0).select_related("trial"))

    facts = facts_of(session)

    catch = [answer.correct for answer in answers if answer.trial.kind == "catch"]
    sides = [answer.choice for answer in answers]
    assert (facts.catch_right, facts.catch_answered) == (sum(catch), len(catch))
    assert facts.side_counts == (sides.count("upper"), sides.count("lower"))
    assert facts.practice_attempts == 3
    assert facts.instruction_time == pytest.approx(12.345)
    assert facts.total_time == pytest.approx(200, abs=0.01)
    assert facts.impossible_rt == 1
    assert facts.focus_losses == sum(answer.focus_losses for answer in answers if answer.trial.kind == "main")
    assert facts.participations == 1


@pytest.mark.integration
@pytest.mark.django_db
def test_facts_of_a_session_that_has_just_begun_are_empty():
    session, _ = made_up.session(made_up.study())

    facts = facts_of(session)

    assert facts.is_over is False
    assert (facts.catch_answered, facts.side_counts, facts.instruction_time, facts.total_time) == (0, None, None, None)
    assert facts.practice_attempts == 1


@pytest.mark.integration
@pytest.mark.django_db
def test_study_without_practice_has_no_attempts():
    session, _ = made_up.session(made_up.study("zimmermann2021_causal", conditions=("none",)))

    assert facts_of(session).practice_attempts is None


@pytest.mark.integration
@pytest.mark.django_db
def test_participations_count_the_person_in_studies_of_the_same_paper_alone():
    first, second, other_paper = made_up.study(), made_up.study(), made_up.study("zimmermann2021_causal")
    sessions = [made_up.session(study, external_id="anna")[0] for study in (first, second, other_paper)]
    stranger, _ = made_up.session(first, external_id="berta")

    assert [facts_of(session).participations for session in [*sessions, stranger]] == [2, 2, 1, 1]


@pytest.mark.integration
@pytest.mark.django_db
def test_simulated_participant_neither_waits_nor_remembers():
    sessions = [progress.finished(made_up.study(), kind="bot", external_id="bot-0-0-ideal") for _ in range(2)]

    facts = facts_of(sessions[1])

    assert (facts.total_time, facts.participations) == (None, None)
    assert facts.catch_answered == facts.catch_right == 1


@pytest.mark.integration
@pytest.mark.django_db
def test_drawn_response_time_of_a_simulated_participant_is_not_held_against_the_clock():
    study = made_up.study()
    live, bot = (made_up.session(study, kind=kind)[0] for kind in ("live", "bot"))

    flags = []
    for session in (live, bot):
        progress.to_main(session)
        trial = session.trials.filter(kind="main").first()
        flags.append(progress.answer(session, [trial], rt=60_000.0)[0].flags)

    assert flags == ["rt_impossible", ""]


@pytest.mark.integration
@pytest.mark.django_db
def test_pause_of_the_study_is_not_in_the_total_time():
    study = made_up.study()
    session, _ = made_up.session(study)
    progress.to_main(session)
    now = timezone.now()
    Session.objects.filter(id=session.id).update(served_at=now - timedelta(seconds=900))
    study_pause(study)
    type(study).objects.filter(id=study.id).update(paused_at=now - timedelta(seconds=600))
    session.refresh_from_db()
    assert facts_of(Session.objects.get(id=session.id)).total_time == pytest.approx(300, abs=2)

    study_resume(study)

    assert facts_of(Session.objects.get(id=session.id)).total_time == pytest.approx(300, abs=2)


@pytest.mark.integration
@pytest.mark.django_db
def test_facts_take_five_queries_however_many_the_sessions(django_assert_num_queries):
    study = made_up.study()
    for _ in range(4):
        progress.finished(study)

    with django_assert_num_queries(5):
        assert len(sessions_facts(study, study.sessions.all())) == 4


@pytest.mark.integration
@pytest.mark.django_db
def test_session_started_twice_is_one_participation():
    study = made_up.study()
    session, _ = made_up.session(study, external_id="anna")
    session_start(study, session.participant)

    assert facts_of(session).participations == 1
