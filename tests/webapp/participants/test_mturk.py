"""Mechanical Turk, asked over real HTTP through boto3."""

from xml.etree import ElementTree

import pytest

from experiments.contract.errors import InputError
from tests.services.recruiters.http import Fault
from tests.services.recruiters.mturk import HIT_ID
from webapp.participants.models import Recruitment
from webapp.participants.recruiters.base import Bonus, NotDoneError, PaidBonus, Standing, UnclearError
from webapp.participants.recruiters.mturk import SCHEMA, MTurk, external_question

pytestmark = pytest.mark.integration
LINK = {
    "assignmentId": "3ASSIGN00001",
    "hitId": HIT_ID,
    "workerId": "AWORKER00001",
    "turkSubmitTo": "https://workersandbox.mturk.com",
}
HIT = MTurk(Recruitment(recruiter="mturk", external_study_id=HIT_ID))
PAYMENT = "00000000-0000-4000-8000-000000000001"
BONUS = Bonus(
    payment_id=PAYMENT, submission_id="3ASSIGN00001", external_participant_id="AWORKER00001", amount=105, reason="all right"
)


def test_link_is_read():
    entry = HIT.parse_entry(LINK)

    assert entry.external_participant_id == "AWORKER00001"
    assert entry.submission_id == "3ASSIGN00001"
    assert entry.submit_to == "https://workersandbox.mturk.com/mturk/externalSubmit"


def test_worker_who_has_not_accepted_is_a_preview():
    preview = {"assignmentId": "ASSIGNMENT_ID_NOT_AVAILABLE", "hitId": HIT_ID}

    assert HIT.parse_entry(preview).is_preview


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("workerId", "A B"),
        ("workerId", ""),
        ("assignmentId", "x" * 65),
        ("hitId", "3OTHER"),
        ("turkSubmitTo", "https://evil.example"),
        ("turkSubmitTo", "https://www.mturk.com.evil.example"),
        ("turkSubmitTo", "https://www.mturk.com@evil.example"),
        ("turkSubmitTo", "http://www.mturk.com"),
        ("turkSubmitTo", "javascript:alert(1)"),
        ("turkSubmitTo", ""),
        ("turkSubmitTo", "https://[broken"),
    ],
)
def test_malformed_link_is_refused(name, value):
    with pytest.raises(InputError) as refused:
        HIT.parse_entry({**LINK, name: value})

    assert refused.value.field == name


def test_list_is_read_page_by_page(mturk):
    mturk.page_size = 2
    for number in range(5):
        mturk.assignment(number)

    assert [told.external_id for told in HIT.submissions()] == [f"3ASSIGN{number:05d}" for number in range(5)]


def test_approval_is_paid_and_seen(mturk):
    mturk.assignment(1)

    before = HIT.submission("3ASSIGN00001").standing
    assert HIT.approve("3ASSIGN00001")

    assert before == Standing.HANDED_IN
    assert HIT.submission("3ASSIGN00001").standing == Standing.PAID


def test_bonus_is_granted_once_for_a_token(mturk):
    mturk.assignment(1)
    order = HIT.bonus_order(BONUS)

    paid = [HIT.bonus_pay(BONUS, order=order), HIT.bonus_pay(BONUS, order=order)]

    assert paid == [True, True]
    assert len(mturk.bonuses) == 1
    assert mturk.bonuses[0]["BonusAmount"] == "1.05"
    assert HIT.bonuses("3ASSIGN00001") == [PaidBonus(amount=105, reference=PAYMENT)]


@pytest.mark.parametrize(
    ("fault", "raised"),
    [(Fault.ERROR_500, UnclearError), (Fault.LOST_AFTER, UnclearError), (Fault.ERROR_AFTER, UnclearError)],
)
def test_trouble_with_a_bonus_is_unclear_and_not_tried_again(mturk, fault, raised):
    mturk.assignment(1)
    mturk.fail("SendBonus", fault)

    with pytest.raises(raised):
        HIT.bonus_pay(BONUS, order=PAYMENT)

    assert mturk.asked("SendBonus") == 1


def test_unknown_assignment_may_come_yet(mturk):
    with pytest.raises(NotDoneError) as refused:
        HIT.submission("3ASSIGN00009")

    assert refused.value.again
    assert "<id> does not exist" in str(refused.value)


def test_unreachable_server_has_done_nothing(mturk, settings):
    settings.MTURK_URL = "http://127.0.0.1:9"

    with pytest.raises(NotDoneError) as refused:
        HIT.approve("3ASSIGN00001")

    assert refused.value.again


def test_hit_shows_our_page(mturk):
    url = "https://study.example/p/1/frame/?language=de&kind="

    hit_id = HIT.hit_create(url=url, title="Look at images", reward=195, places=9, minutes=60, hours=24, token="t1")

    (made,) = mturk.hits.values()
    question = ElementTree.fromstring(made["Question"])
    assert hit_id == HIT_ID
    assert made["Reward"] == "1.95"
    assert made["AssignmentDurationInSeconds"] == 3600
    assert question.tag == f"{{{SCHEMA}}}ExternalQuestion"
    assert question.find(f"{{{SCHEMA}}}ExternalURL").text == url


@pytest.mark.unit
def test_question_is_well_formed_whatever_the_address():
    assert ElementTree.fromstring(external_question("https://a.example/?a=1&b=<2>")) is not None
