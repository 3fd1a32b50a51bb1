"""Prolific, asked over real HTTP: what its links say, its lists, its refusals and its silence."""

import pytest

from experiments.contract.errors import InputError
from tests.services.recruiters.http import Fault
from tests.services.recruiters.prolific import STUDY_ID, prolific_id
from webapp.participants.models import Recruitment
from webapp.participants.recruiters import prolific_http, recruiter_of
from webapp.participants.recruiters.base import Bonus, NotDoneError, PaidBonus, Standing, UnclearError

pytestmark = pytest.mark.integration
LINK = {"PROLIFIC_PID": prolific_id(1), "STUDY_ID": STUDY_ID, "SESSION_ID": prolific_id(1, "b")}
STUDY = recruiter_of(Recruitment(recruiter="prolific", external_study_id=STUDY_ID))
BONUS = Bonus(
    payment_id="p", submission_id=prolific_id(1, "b"), external_participant_id=prolific_id(1), amount=105, reason="bonus"
)


def test_link_is_read():
    entry = STUDY.parse_entry(LINK)

    assert entry.external_participant_id == LINK["PROLIFIC_PID"]
    assert entry.submission_id == LINK["SESSION_ID"]
    assert not entry.is_preview


@pytest.mark.parametrize("name", LINK)
@pytest.mark.parametrize(
    "value", ["", "5f00", "5F0000000000000000000001", "g" * 24, f"{STUDY_ID}\n", "{{%PROLIFIC_PID%}}", "ａ" * 24]
)
def test_malformed_id_is_refused(name, value):
    with pytest.raises(InputError) as refused:
        STUDY.parse_entry({**LINK, name: value})

    assert refused.value.field == name


@pytest.mark.parametrize("name", LINK)
def test_missing_parameter_is_named(name):
    with pytest.raises(InputError) as refused:
        STUDY.parse_entry({other: value for other, value in LINK.items() if other != name})

    assert refused.value.field == name


def test_other_studys_link_is_refused():
    with pytest.raises(InputError) as refused:
        STUDY.parse_entry({**LINK, "STUDY_ID": prolific_id(9, "5")})

    assert refused.value.field == "STUDY_ID"


def test_list_is_read_page_by_page(prolific):
    prolific.page_size = 2
    for number in range(5):
        prolific.submission(number)
    prolific.submission(99, study=prolific_id(9, "5"))

    listed = list(STUDY.submissions())

    assert [told.external_participant_id for told in listed] == [prolific_id(number) for number in range(5)]
    assert prolific.asked("GET /api/v1/submissions/") == 3


def test_empty_list_is_empty(prolific):
    assert list(STUDY.submissions()) == []


@pytest.mark.parametrize(
    ("state", "standing"),
    [
        ("RESERVED", Standing.OPEN),
        ("ACTIVE", Standing.OPEN),
        ("AWAITING REVIEW", Standing.HANDED_IN),
        ("AWAITING_REVIEW", Standing.HANDED_IN),
        ("APPROVED", Standing.PAID),
        ("RETURNED", Standing.RETURNED),
        ("TIMED-OUT", Standing.TIMED_OUT),
        ("REJECTED", Standing.CLOSED),
        ("SCREENED OUT", Standing.CLOSED),
        ("SOMETHING NEW", Standing.OPEN),
    ],
)
def test_state_has_its_meaning(prolific, state, standing):
    made = prolific.submission(1, status=state)

    told = STUDY.submission(made["id"])

    assert (told.state, told.standing) == (state, standing)


def test_approving_twice_pays_once(prolific):
    made = prolific.submission(1)

    assert STUDY.approve(made["id"])
    assert STUDY.approve(made["id"])
    assert made["status"] == "APPROVED"


def test_bonus_takes_an_order_and_its_execution(prolific):
    made = prolific.submission(1)

    order = STUDY.bonus_order(BONUS)
    before = STUDY.bonuses(made["id"])
    STUDY.bonus_pay(BONUS, order=order)

    assert before == []
    assert STUDY.bonuses(made["id"]) == [PaidBonus(amount=105)]


def test_return_is_asked_for(prolific):
    made = prolific.submission(1, status="ACTIVE")

    STUDY.request_return(made["id"], reason="Didn't finish the study")

    assert made["return_requested"]
    assert made["status"] == "ACTIVE"


@pytest.mark.parametrize(
    ("fault", "raised"),
    [
        (Fault.ERROR_500, UnclearError),
        (Fault.ERROR_AFTER, UnclearError),
        (Fault.LOST_BEFORE, UnclearError),
        (Fault.LOST_AFTER, UnclearError),
        (Fault.BUSY_429, NotDoneError),
    ],
)
def test_trouble_with_a_payment_is_told_apart(prolific, fault, raised):
    prolific.submission(1)
    order = STUDY.bonus_order(BONUS)
    prolific.fail("/pay/", fault)

    with pytest.raises(raised):
        STUDY.bonus_pay(BONUS, order=order)

    assert prolific.asked("/pay/") == 1


def test_silence_after_a_payment_is_unclear(prolific, monkeypatch):
    monkeypatch.setattr(prolific_http, "TIMEOUT_SECONDS", 0.3)
    prolific.submission(1)
    order = STUDY.bonus_order(BONUS)
    prolific.fail("/pay/", Fault.SILENT_AFTER)

    with pytest.raises(UnclearError):
        STUDY.bonus_pay(BONUS, order=order)


@pytest.mark.parametrize("fault", [Fault.ERROR_500, Fault.LOST_BEFORE, Fault.LOST_AFTER, Fault.MALFORMED, Fault.BUSY_429])
def test_trouble_with_an_order_or_a_question_pays_nothing_and_may_be_tried_again(prolific, fault):
    made = prolific.submission(1)
    prolific.fail("bonus-payments", fault)
    prolific.fail("GET", fault)

    with pytest.raises(NotDoneError) as order:
        STUDY.bonus_order(BONUS)
    with pytest.raises(NotDoneError) as question:
        STUDY.submission(made["id"])

    assert order.value.again
    assert question.value.again
    assert made["bonus_payments"] == []


def test_refusal_names_no_person(prolific):
    with pytest.raises(NotDoneError) as refused:
        STUDY.bonus_order(BONUS)

    assert "<id>" in str(refused.value)
    assert BONUS.submission_id not in str(refused.value)
    assert not refused.value.again


def test_submission_of_another_study_is_not_ours(prolific):
    made = prolific.submission(1, study=prolific_id(9, "5"))

    with pytest.raises(NotDoneError) as refused:
        STUDY.submission(made["id"])

    assert not refused.value.again


def test_unreachable_server_has_done_nothing(settings):
    settings.PROLIFIC_TOKEN, settings.PROLIFIC_URL = "token", "http://127.0.0.1:9/api/v1"

    with pytest.raises(NotDoneError) as refused:
        STUDY.approve(prolific_id(1, "b"))

    assert refused.value.again


@pytest.mark.parametrize("token", ["", "wrong"])
def test_token_that_is_missing_or_wrong_can_be_mended(prolific, settings, token):
    settings.PROLIFIC_TOKEN = token

    with pytest.raises(NotDoneError) as refused:
        STUDY.approve(prolific.submission(1)["id"])

    assert refused.value.again


@pytest.mark.unit
def test_completion_page_is_on_dot_com():
    assert STUDY.completion_url("C0DE/1") == "https://app.prolific.com/submissions/complete?cc=C0DE%2F1"
