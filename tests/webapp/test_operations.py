"""The operations page: how far people come, who is stuck, what fails, what is free; and its buttons."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db.models import F
from django.test import Client
from django.utils import timezone

from experiments import registry
from tests.webapp import made_up, progress
from webapp.participants.models import Payment, Recruitment
from webapp.stimuli.models import Job
from webapp.studies.models import Condition, Response, Session, Study
from webapp.studies.operations.progress import study_operations
from webapp.studies.operations.resources import study_cost
from webapp.studies.services.quality import rule_set_create
from webapp.studies.services.withdrawal import session_withdraw

pytestmark = [pytest.mark.integration, pytest.mark.django_db]
CATCH = {"name": "catch_ratio", "low": 0.8}
SIDES = {"name": "side_variability", "low": 1}
PRACTICE = {"name": "practice_attempts", "high": 1}


@pytest.fixture
def staff() -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("researcher"))
    return client


def study_with(*rules: dict[str, Any], **settings: Any) -> Study:
    study = made_up.study(**settings)
    rule_set_create(study, {condition.name: rules for condition in study.conditions.all()})
    return study


def watched(study: Study, *, group: str = "people", minutes: int = 5) -> dict[str, Any]:
    return study_operations(Study.objects.get(id=study.id), group=group, silent_minutes=minutes)


def unheard(session: Session, *, minutes: float) -> None:
    moment = timezone.now() - timedelta(minutes=minutes)
    Session.objects.filter(id=session.id).update(seen_at=moment, created_at=moment)
    Response.objects.filter(trial__session=session).update(answered_at=moment)


def test_funnel_counts_each_session_as_far_as_it_came():
    study = study_with(CATCH)
    made_up.session(study)
    progress.to_main(made_up.session(study)[0], wrong_attempts=0)
    progress.answer_plan(progress.to_main(made_up.session(study)[0]), count=2)
    progress.answer_plan(progress.to_main(made_up.session(study)[0]), count=3)
    progress.finished(study)
    progress.finished(study, wrong=["catch"])

    steps = watched(study)["steps"]

    assert [(step.name, step.count, step.lost) for step in steps] == [
        ("started", 6, 0),
        ("left the instructions", 5, 1),
        ("passed practice", 5, 0),
        ("answered half", 3, 2),
        ("finished", 2, 1),
        ("passed all checks", 1, 1),
    ]


def test_sessions_that_ended_otherwise_are_counted_by_how():
    study = study_with()
    expired, withdrawn = made_up.session(study)[0], progress.finished(study)
    Session.objects.filter(id=expired.id).update(state=Session.State.EXPIRED)
    session_withdraw(withdrawn, token="secret")
    Study.objects.filter(id=study.id).update(erased_sessions=3)

    shown = watched(study)

    assert shown["ended"] == {"Expired": 1, "Returned": 0, "Withdrawn": 1}
    assert shown["erased"] == 3
    assert shown["steps"][4].count == 0


def test_each_group_is_shown_by_itself():
    study = study_with()
    made_up.session(study)
    for _ in range(2):
        made_up.session(study, kind="bot")
    expert, _ = made_up.session(study)
    Session.objects.filter(id=expert.id).update(cohort="expert")

    started = {group: watched(study, group=group)["steps"][0].count for group in ("people", "experts", "simulated", "pilots")}

    assert started == {"people": 1, "experts": 1, "simulated": 2, "pilots": 0}


def test_who_is_stuck_is_shown_with_the_place_longest_unheard_of_first():
    study = study_with()
    in_main, in_practice, at_start, at_end, active, finished = (made_up.session(study)[0] for _ in range(6))
    progress.answer_plan(progress.to_main(in_main), count=2)
    progress.to_main(in_practice, wrong_attempts=0)
    Session.objects.filter(id=in_practice.id).update(practice_passed=False, attempt=2)
    progress.answer_plan(progress.to_main(at_end))
    progress.finish(finished)
    for number, session in enumerate((in_main, in_practice, at_start, at_end, finished)):
        unheard(session, minutes=30 - number)

    shown = watched(study, minutes=5)

    assert [(one.session.id, one.place) for one in shown["silent"]] == [
        (in_main.id, "trial 3 of 5"),
        (in_practice.id, "practice, attempt 2"),
        (at_start.id, "instructions"),
        (at_end.id, "all answered, not handed in"),
    ]
    assert active.id not in {one.session.id for one in shown["silent"]}
    assert watched(study, minutes=60)["silent_count"] == 0


def test_rules_count_verdicts_and_what_fails_so_far():
    study = study_with(CATCH, SIDES, PRACTICE)
    progress.finished(study)
    progress.finished(study, wrong=["catch"])
    under_way = progress.to_main(made_up.session(study)[0], wrong_attempts=1)
    progress.answer(under_way, under_way.trials.filter(kind="catch"), right=False)

    rules = {rule.name: rule for rule in watched(study)["rules"]}

    assert (rules["catch_ratio"].passed, rules["catch_ratio"].failed, rules["catch_ratio"].failing) == (1, 1, 1)
    assert rules["side_variability"].failing == 0
    assert (rules["practice_attempts"].passed, rules["practice_attempts"].failing) == (2, 1)
    assert rules["catch_ratio"].judged == 2


def test_rule_that_cannot_judge_is_counted_apart():
    study = study_with({"name": "total_time", "low": 100})
    progress.finished(study, kind="bot")

    (rule,) = watched(study, group="simulated")["rules"]

    assert (rule.passed, rule.failed, rule.unjudged) == (0, 0, 1)


def test_medians_and_catch_trials_agree_with_a_count_by_hand():
    study = study_with()
    for seconds, total in ((10, 100), (20, 200), (60, 900)):
        session = progress.finished(study, wrong=["catch"] if seconds == 60 else [])
        served = session.finished_at - timedelta(seconds=total)
        Session.objects.filter(id=session.id).update(instruction_time=1000 * seconds, served_at=served)

    shown = watched(study)

    assert (shown["instruction_seconds"], shown["total_seconds"]) == (20, 200)
    assert (shown["catch_right"], shown["catch_answered"]) == (2, 3)


def test_study_without_sessions_is_shown_empty(staff):
    study = study_with(CATCH)

    shown = watched(study)

    assert [step.count for step in shown["steps"]] == [0] * 6
    assert (shown["instruction_seconds"], shown["total_seconds"], shown["catch_answered"]) == (None, None, 0)
    assert staff.get(f"/studies/{study.id}/operations/").status_code == 200


def test_places_are_done_under_way_or_free():
    study = study_with(tasks=3, conditions=("natural",))
    progress.finished(study)
    made_up.session(study)

    (place,) = watched(study)["places"]

    assert (place.done, place.under_way, place.free, place.cell.tasks) == (1, 1, 1, 3)


def test_cost_is_what_everybody_who_finished_was_promised():
    study = study_with(CATCH)
    recruitment = Recruitment.objects.create(reward=279, currency="GBP")
    Study.objects.filter(id=study.id).update(recruitment=recruitment)
    study.refresh_from_db()
    passed, failed, withdrawn = progress.finished(study), progress.finished(study, wrong=["catch"]), progress.finished(study)
    session_withdraw(withdrawn, token="secret")
    made_up.session(study)
    progress.finished(study, kind="bot")
    Payment.objects.filter(participant__in=[passed.participant, failed.participant]).update(state="paid")
    Payment.objects.filter(participant=withdrawn.participant).delete()
    recruitment.reward = 300
    recruitment.save()
    study.refresh_from_db()

    cost = study_cost(study)

    assert (cost.people, cost.reward, cost.owed) == (3, "3.00 GBP", "8.58 GBP")
    assert cost.ledger == [("paid", "5.58 GBP")]


def test_study_whose_people_come_by_link_costs_nothing():
    assert study_cost(study_with()) is None


@pytest.mark.parametrize("paper", [slug for slug, paper in registry.experiments().items() if paper.asks_people])
def test_pages_are_shown_for_every_design(staff, paper):
    study = made_up.study(paper)
    session, _ = made_up.session(study)
    progress.answer_plan(progress.to_main(session), count=2)

    for page in ("operations", "quality"):
        assert staff.get(f"/studies/{study.id}/{page}/").status_code == 200
    assert watched(study)["steps"][0].count == 1


def test_page_shows_the_queue_of_the_gpu_workers(staff):
    study = study_with()
    Job.objects.create(digest="f" * 64, kind="exemplars", unit=made_up.UNITS[0], recipe={})

    page = staff.get(f"/studies/{study.id}/operations/").content.decode()

    assert "exemplars" in page
    assert re.search(r"\d+ jobs? open", page)


def test_page_of_fifty_sessions_takes_no_more_queries_than_that_of_one(staff, django_assert_max_num_queries):
    study = study_with(CATCH, SIDES, main_trials=1, catch_trials=1, practice_obvious=0, practice_other=1)
    study_url = f"/studies/{study.id}/operations/"
    for number in range(50):
        session, _ = made_up.session(study)
        if number % 5 == 0:
            unheard(session, minutes=10)

    with django_assert_max_num_queries(24):
        page = staff.get(study_url).content.decode()

    assert "started: 50 reached of 50" in page


def test_page_refreshes_itself_and_has_nothing_that_the_content_policy_forbids(staff):
    study = study_with(CATCH)
    progress.finished(study)

    answer = staff.get(f"/studies/{study.id}/operations/")
    page = answer.content.decode()

    assert answer.headers["Refresh"] == "10"
    assert "Refresh" not in staff.get(f"/studies/{study.id}/operations/?still=yes").headers
    assert "style=" not in page
    assert "onclick" not in page
    assert not re.search(r"<script(?![^>]*src=)", page)
    assert "unsafe-inline" not in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize("query", ["?group=horoscope", "?minutes=many", "?minutes=-1", "?group=simulated&minutes=60", "?group="])
def test_page_takes_any_query(staff, query):
    assert staff.get(f"/studies/{study_with().id}/operations/{query}").status_code == 200


def test_buttons_pause_resume_and_close(staff):
    study = study_with()
    url = f"/studies/{study.id}/operations/"
    states = []
    for action in ("pause", "resume", "close", "close", "horoscope"):
        answer = staff.post(url, {"action": action})
        states.append((answer.status_code, Study.objects.get(id=study.id).state))

    assert states == [(302, "paused"), (302, "open"), (302, "closed"), (302, "closed"), (302, "closed")]
    # The last of them says that it is none.
    assert staff.get(url).content.decode().count("Nothing was done") == 1


def test_buttons_pause_and_resume_a_condition(staff):
    study = study_with()
    url = f"/studies/{study.id}/operations/?group=simulated"

    paused = []
    for action in ("pause", "resume"):
        answer = staff.post(url, {"action": action, "condition": "natural"})
        assert answer.headers["Location"] == url
        paused.append(sorted(study.conditions.filter(is_paused=True).values_list("name", flat=True)))

    assert paused == [["natural"], []]
    assert staff.post(url, {"action": "pause", "condition": "horoscope"}).status_code == 404
    assert "Nothing was done" in staff.post(url, {"action": "close", "condition": "natural"}, follow=True).content.decode()
    assert Study.objects.get(id=study.id).state == Study.State.OPEN


def test_condition_of_another_study_stays_as_it_is(staff):
    study, other = study_with(), study_with()

    staff.post(f"/studies/{study.id}/operations/", {"action": "pause", "condition": "natural"})

    assert not Condition.objects.filter(study=other, is_paused=True).exists()
    assert Session.objects.filter(lease_until__lt=F("created_at")).count() == 0
