"""Verdicts: given when a session ends and again whenever somebody asks; rules have versions; who fails keeps everything."""

import pytest

from experiments.contract.errors import InputError
from tests.webapp import made_up, progress
from webapp.studies.assignment import study_cells
from webapp.studies.models import QualityVerdict, Response, Session, Study
from webapp.studies.results.requests import has_news, results_request
from webapp.studies.services import quality
from webapp.studies.services.quality import published_rules, rule_set_create, rule_set_newest, session_judge, study_judge
from webapp.studies.services.study import StudyPlan, study_redraft

pytestmark = [pytest.mark.integration, pytest.mark.django_db]
CATCH = {"name": "catch_ratio", "low": 0.8, "high": None}


def study_with(*rules: dict[str, object]) -> Study:
    study = made_up.study()
    rule_set_create(study, {"natural": rules, "synthetic": rules})
    return study


def test_new_study_has_the_published_rules_as_version_one():
    study = made_up.study("zimmermann2021_causal", main_trials=18, catch_trials=3)

    (rule_set,) = study.quality_rule_sets.all()

    assert rule_set.version == 1
    assert {rule["name"]: (rule["low"], rule["high"]) for rule in rule_set.rules["none"]} == {
        "catch_ratio": (0.6, None),
        "instruction_time": (15, None),
        "total_time": (40, 900),
        "side_variability": (1, None),
    }


def test_study_from_before_the_rules_gets_the_published_ones_when_first_judged():
    study = made_up.study()
    study.quality_rule_sets.all().delete()

    assert rule_set_newest(study).rules == published_rules(study)


def test_session_is_judged_when_it_ends():
    session = progress.finished(study_with(CATCH, {"name": "practice_attempts", "high": 3}))

    verdicts = session.verdicts.order_by("id")
    assert session.passed_checks is True
    assert [(v.rule, v.low, v.high, v.value, v.passed) for v in verdicts] == [
        ("catch_ratio", 0.8, None, 1.0, True),
        ("practice_attempts", None, 3.0, 1.0, True),
    ]


def test_redrafted_study_has_the_published_rules_of_its_new_plan():
    study = study_with(CATCH)
    plan = StudyPlan(name=study.name, paper="zimmermann2021_causal", units=made_up.UNITS, conditions=("none",))

    redrafted = study_redraft(study, plan, consent=study.consent, recruitment=None)

    assert [set(rule_set.rules) for rule_set in redrafted.quality_rule_sets.all()] == [{"none"}]


def test_session_that_fails_keeps_its_answers_its_code_and_its_pay_but_not_its_place():
    study = study_with(CATCH)
    session = progress.finished(study, wrong=["catch"])

    assert session.passed_checks is False
    assert session.state == Session.State.FINISHED
    assert len(session.completion_code) == 8
    assert Response.objects.filter(trial__session=session, trial__kind__in=("main", "catch")).count() == 5
    assert sum(cell.sessions for cell in study_cells(study, kind="live", cohort="crowd")) == 0


def test_running_session_is_not_judged():
    study = study_with(CATCH)
    session, _ = made_up.session(study)

    assert study_judge(study) == 0
    assert Session.objects.get(id=session.id).passed_checks is None


def test_judging_again_changes_nothing():
    study = study_with(CATCH)
    for wrong in ([], ["catch"]):
        progress.finished(study, wrong=wrong)
    before = list(QualityVerdict.objects.order_by("id").values("id", "rule", "low", "high", "value", "passed"))

    assert study_judge(study) == study_judge(study) == 2
    assert list(QualityVerdict.objects.order_by("id").values("id", "rule", "low", "high", "value", "passed")) == before


def test_new_rules_judge_anew_and_the_old_verdicts_stay():
    study = study_with(CATCH)
    session = progress.finished(study, wrong=["catch"])
    first = study.quality_rule_sets.get(version=2)

    second = rule_set_create(study, {"natural": [{**CATCH, "low": 0.0}], "synthetic": [{**CATCH, "low": 0.0}]})
    study_judge(study)

    session.refresh_from_db()
    assert session.passed_checks is True
    assert [session.verdicts.get(rule_set=rule_set).passed for rule_set in (first, second)] == [False, True]
    assert [session.verdicts.get(rule_set=rule_set).low for rule_set in (first, second)] == [0.8, 0.0]


def test_same_rules_again_are_the_same_version():
    study = study_with(CATCH)

    again = rule_set_create(study, {"natural": [CATCH], "synthetic": [CATCH]})

    assert again.version == 2
    assert study.quality_rule_sets.count() == 2


def test_study_without_rules_passes_everybody():
    assert progress.finished(progress.without_rules(made_up.study()), wrong=["catch", "main"]).passed_checks is True


@pytest.mark.parametrize(
    ("rules", "field"),
    [
        ({"horoscope": [CATCH]}, "condition"),
        ({"natural": [{"name": "horoscope", "low": 1}]}, "name"),
        ({"natural": [{"low": 1}]}, "name"),
        ({"natural": [{"name": "catch_ratio"}]}, "catch_ratio"),
        ({"natural": [{"name": "catch_ratio", "low": 0.9, "high": 0.1}]}, "catch_ratio"),
        ({"natural": [{"name": "catch_ratio", "low": 1.5}]}, "catch_ratio"),
        ({"natural": [{"name": "focus_losses", "high": -1}]}, "focus_losses"),
        ({"natural": [{"name": "catch_ratio", "low": float("nan")}]}, "low"),
        ({"natural": [{"name": "catch_ratio", "low": "much"}]}, "low"),
        ({"natural": [{"name": "catch_ratio", "low": True}]}, "low"),
        ({"natural": [{"name": "catch_ratio", "low": 0.5, "middle": 1}]}, "middle"),
        ({"natural": [CATCH, CATCH]}, "catch_ratio"),
    ],
)
def test_bad_rules_are_refused_and_make_no_version(rules, field):
    study = made_up.study()

    with pytest.raises(InputError) as refused:
        rule_set_create(study, rules)

    assert refused.value.field == field
    assert study.quality_rule_sets.count() == 1


def test_second_participation_is_found_also_in_the_first_session():
    rule = {"name": "participations", "high": 1}
    first = progress.finished(study_with(rule), external_id="anna")
    assert first.passed_checks is True

    second = progress.finished(study_with(rule), external_id="anna")

    first.refresh_from_db()
    assert (first.passed_checks, second.passed_checks) == (False, False)
    assert first.verdicts.get(rule="participations").value == 2


def test_result_is_out_of_date_when_another_session_counts():
    study = study_with(CATCH)
    progress.finished(study, wrong=["catch"])
    results_request(study)
    assert not has_news(study)

    study_judge(study)
    assert not has_news(study)

    rule_set_create(study, {})
    study_judge(study)
    assert has_news(study)


def test_verdicts_of_many_sessions_take_as_many_queries_as_those_of_one(django_assert_max_num_queries):
    study = study_with(CATCH)
    for _ in range(4):
        progress.finished(study)

    with django_assert_max_num_queries(16):
        assert study_judge(study) == 4


def test_study_is_judged_by_slices_and_nobody_waits_while_answers_are_read(monkeypatch, django_assert_max_num_queries):
    monkeypatch.setattr(quality, "AT_ONCE", 2)
    study = study_with(CATCH)
    sessions = [progress.finished(study, wrong=["catch"] * (number == 2)) for number in range(5)]
    rule_set_create(study, {"natural": [], "synthetic": []})

    with django_assert_max_num_queries(48) as seen:
        assert study_judge(study) == 5

    said = [query["sql"] for query in seen.captured_queries]
    begins = [number for number, sql in enumerate(said) if sql.startswith("SAVEPOINT")]
    ends = [number for number, sql in enumerate(said) if sql.startswith("RELEASE SAVEPOINT")]
    written = [sql for begin, end in zip(begins, ends, strict=True) for sql in said[begin:end]]
    assert len(begins) == 3
    assert [sql for sql in written if "studies_response" in sql] == []
    assert {Session.objects.get(id=session.id).passed_checks for session in sessions} == {True}


def test_pilot_and_simulated_sessions_are_judged_too():
    study = study_with(CATCH)

    sessions = [progress.finished(study, kind=kind, wrong=["catch"]) for kind in ("pilot", "bot")]

    assert [session.passed_checks for session in sessions] == [False, False]
    assert [session_judge(session) for session in sessions] == [False, False]
