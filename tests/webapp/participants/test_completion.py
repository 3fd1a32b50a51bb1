"""What somebody gets at the end: the code for how it ended, never a live one without a live participation."""

import pytest
from django.test import Client

from tests.services.recruiters.prolific import prolific_id
from tests.webapp import made_up
from tests.webapp.participants.conftest import CODES, on_mturk, on_prolific
from tests.webapp.participants.people import agreed, browser_of, finish, mturk_session, prolific_session, session_of
from tests.webapp.test_participant_api import main_trials, pass_practice, post, put
from webapp.participants.models import Participant, Payment
from webapp.participants.recruiters.base import Entry
from webapp.participants.recruitments import recruitment_create
from webapp.studies.services.entry import Arrival, study_enter
from webapp.studies.services.quality import rule_set_create

pytestmark = [pytest.mark.integration, pytest.mark.django_db]
TOO_SLOW = {"name": "instruction_time", "low": 3600}
"""Nobody here reads for an hour."""


def test_finished_participation_gets_the_recruiters_code_and_the_way_to_hand_in(recruiting):
    session = prolific_session(recruiting(on_prolific()))
    client = browser_of(session)

    told = finish(client, session)
    plan = client.get(f"/p/{session.study_id}/session").json()

    assert told["code"] == plan["code"] == CODES["completed"]
    assert told["url"] == plan["url"] == f"https://app.prolific.com/submissions/complete?cc={CODES['completed']}"
    assert told["erasure_code"]


@pytest.mark.parametrize(
    ("rules", "codes", "code"),
    [
        ([], CODES, "completed"),
        ([TOO_SLOW], CODES, "failed_checks"),
        ([TOO_SLOW], {"completed": CODES["completed"]}, "completed"),
    ],
)
def test_code_follows_the_outcome_and_everybody_is_paid(recruiting, rules, codes, code):
    study = recruiting(on_prolific(completion_codes=codes))
    rule_set_create(study, {"natural": rules, "synthetic": rules})
    session = prolific_session(study)

    told = finish(browser_of(session), session)

    payment = Payment.objects.get()
    assert told["code"] == CODES[code]
    assert (payment.reason, payment.amount, payment.currency, payment.state) == ("base", 195, "GBP", "planned")


def test_finishing_again_plans_nothing_more(recruiting):
    session = prolific_session(recruiting(on_prolific()))
    client = browser_of(session)
    first = finish(client, session)

    again = post(client, session, "finish").json()

    assert again == first
    assert Payment.objects.count() == 1


def test_code_is_random_where_the_recruiter_has_none(recruiting):
    session = prolific_session(recruiting(on_prolific(completion_codes={}, reward=0)))

    told = finish(browser_of(session), session)

    assert len(told["code"]) == 8
    assert told["url"] is None
    assert not Payment.objects.exists()


def test_worker_of_mechanical_turk_hands_in_through_its_frame(recruiting):
    session = mturk_session(recruiting(on_mturk()))

    told = finish(browser_of(session), session)

    assert len(told["code"]) == 8
    assert told["url"] is None
    assert Payment.objects.get().reason == "base"


def test_direct_recruitment_pays_too(recruiting):
    study = recruiting(
        recruitment_create(recruiter="direct", reward=500, currency="EUR", completion_codes={"completed": "CREDIT"})
    )
    entry = Entry(external_participant_id="anna")
    token = study_enter(study, agreed(study, entry))
    session = session_of(study, token)

    told = finish(browser_of(session), session)

    assert (told["code"], told["url"]) == ("CREDIT", None)
    assert Payment.objects.get().currency == "EUR"


@pytest.mark.parametrize(
    ("kind", "cohort"), [("preview", "crowd"), ("bot", "crowd"), ("pilot", "crowd"), ("live", "expert"), ("live", "crowd")]
)
def test_nobody_else_gets_a_live_code_or_pay(recruiting, kind, cohort):
    # The last of them is a live session that no recruiter sent.
    study = recruiting(on_prolific())
    entry = Entry(external_participant_id=prolific_id(1))
    token = study_enter(study, Arrival(entry=entry, kind=Participant.Kind(kind), consent=study.consent, cohort=cohort))
    session = session_of(study, token)

    told = finish(browser_of(session), session)

    assert told["code"] not in CODES.values()
    assert told["url"] is None
    assert not Payment.objects.exists()


def test_finishing_without_all_answers_gives_no_code(recruiting):
    session = prolific_session(recruiting(on_prolific()))
    client = browser_of(session)
    pass_practice(client, session)
    for trial in main_trials(session)[1:]:
        put(client, session, trial)

    forged = post(client, session, "finish")

    assert forged.status_code == 409
    assert forged.json()["remedy"]
    assert not any(code in forged.content.decode() for code in CODES.values())
    assert not Payment.objects.exists()
    assert session.trials.filter(kind__in=("main", "catch"), response__isnull=False).count() == len(main_trials(session)) - 1


def test_anothers_trials_do_not_finish_ones_own(recruiting):
    study = recruiting(on_prolific())
    mine, theirs = prolific_session(study, 1), prolific_session(study, 2)
    client = browser_of(mine)
    pass_practice(client, mine)

    answers = [put(client, mine, trial, choice=trial.correct_choice).status_code for trial in main_trials(theirs)]

    assert set(answers) == {404}
    assert post(client, mine, "finish").status_code == 409
    assert not Payment.objects.exists()


def test_study_without_recruitment_pays_nobody():
    study = made_up.study()
    entry = Entry(external_participant_id="anna")
    session = session_of(study, study_enter(study, agreed(study, entry)))

    told = finish(browser_of(session), session)

    assert len(told["code"]) == 8
    assert told["url"] is None
    assert not Payment.objects.exists()


def test_finish_needs_a_session():
    study = made_up.study()

    response = Client().post(f"/p/{study.id}/finish", {}, content_type="application/json")

    assert response.status_code == 401
    assert response.json()["remedy"]
