"""Notices of Prolific: only signed ones of now make us ask, and copies of them do no harm."""

import time
from datetime import timedelta

import psycopg
import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from tests.services.recruiters.http import Fault
from tests.services.recruiters.prolific import SECRET, prolific_id, signed_notice
from tests.webapp.participants.conftest import on_prolific
from tests.webapp.participants.people import prolific_session
from webapp.participants.models import HookDelivery, Submission
from webapp.studies.models import Session, SessionEvent

pytestmark = [pytest.mark.integration, pytest.mark.django_db]
OPEN_TRANSACTIONS = """
SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle in transaction'
"""
CHANGE = {"event_type": "submission.status.change", "resource_id": prolific_id(1, "b"), "status": "APPROVED"}


@pytest.fixture
def session(prolific, recruiting):
    """Somebody from Prolific at work, who has returned the submission there."""
    prolific.submission(1, status="RETURNED")
    return prolific_session(recruiting(on_prolific()))


def send(notice=CHANGE, **how):
    # Prolific has no CSRF token.
    return Client(enforce_csrf_checks=True).post("/hooks/prolific", **signed_notice(notice, **how))


def test_notice_makes_us_ask_and_believes_the_answer_alone(session):
    response = send()

    session.refresh_from_db()
    assert response.json() == {"taken": True}
    assert Submission.objects.get().state == "RETURNED"
    assert session.state == "returned"


def test_copies_of_a_notice_do_no_harm(session, prolific):
    now = time.time()

    answers = [send(at=now), send(at=now), send(at=now - 1, event="again"), send(at=now)]

    assert [answer.json()["taken"] for answer in answers] == [True, False, True, False]
    assert {answer.status_code for answer in answers} == {200}
    assert SessionEvent.objects.filter(kind="returned").count() == 1
    assert prolific.asked("GET") == 2


def test_signatures_are_kept_no_longer_than_they_are_good_for(session):
    send(at=time.time() - 60)
    HookDelivery.objects.update(received_at=timezone.now() - timedelta(minutes=61))

    send()

    assert HookDelivery.objects.count() == 1


@pytest.mark.parametrize(("secret", "age"), [("wrong", 0), ("", 0), (SECRET, 400), (SECRET, -400), (SECRET, 10**9)])
def test_notice_that_is_not_signed_now_is_refused(session, prolific, secret, age):
    response = send(secret=secret, at=time.time() - age)

    assert response.status_code == 403
    assert response.json()["remedy"]
    assert prolific.requests == []
    assert not HookDelivery.objects.exists()


@pytest.mark.parametrize("header", ["X-Prolific-Request-Signature", "X-Prolific-Request-Timestamp"])
@pytest.mark.parametrize("value", [None, "", "é", "1" * 5000])
def test_notice_with_a_broken_header_is_refused(session, prolific, header, value):
    notice = signed_notice(CHANGE)
    headers = {**notice.pop("headers"), header: value}

    response = Client().post("/hooks/prolific", **notice, headers={k: v for k, v in headers.items() if v is not None})

    assert response.status_code == 403
    assert prolific.requests == []


def test_changed_body_is_refused(session, prolific):
    notice = {**signed_notice(CHANGE), "data": b"{}"}

    assert Client().post("/hooks/prolific", **notice).status_code == 403


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"\xff", b"[" * 7000])
def test_signed_nonsense_is_refused(session, prolific, body):
    response = send(body)

    assert response.status_code == 400
    assert prolific.requests == []


def test_huge_notice_is_refused(session):
    assert send(b'{"x": "' + b"x" * 20_000 + b'"}').status_code == 403


@pytest.mark.parametrize(
    "notice",
    [
        {"event_type": "study.status.change", "resource_id": prolific_id(1, "b")},
        {"event_type": "submission.status.change", "resource_id": prolific_id(8, "b")},
        {"event_type": "submission.status.change", "resource_id": None},
        {"event_type": "submission.status.change", "resource_id": ["x"]},
        {"event_type": "submission.status.change"},
        {},
    ],
)
def test_notice_about_something_else_changes_nothing(session, prolific, notice):
    response = send(notice)

    assert response.status_code == 200
    assert prolific.requests == []
    assert Submission.objects.get().state == ""


def test_notice_that_cannot_be_followed_up_is_asked_for_again(session, prolific):
    prolific.fail("GET", Fault.ERROR_500)
    now = time.time()

    answers = [send(at=now).status_code, send(at=now).status_code]

    assert answers == [503, 200]
    assert Session.objects.get().state == "returned"


def test_without_a_secret_there_is_no_such_address(session, settings):
    settings.PROLIFIC_WEBHOOK_SECRET = ""

    assert send(secret="").status_code == 404


def test_only_posts_are_notices(session):
    assert Client().get("/hooks/prolific").status_code == 405


@pytest.mark.django_db(transaction=True)
def test_nobody_waits_in_a_transaction_while_prolific_is_asked(session, prolific, monkeypatch):
    if connection.vendor != "postgresql":
        pytest.skip("only PostgreSQL tells which transactions are open")
    waiting, answer = [], prolific.answer

    def look(*request):
        with psycopg.connect(**connection.get_connection_params()) as other:
            waiting.append(other.execute(OPEN_TRANSACTIONS).fetchone()[0])
        return answer(*request)

    monkeypatch.setattr(prolific, "answer", look)

    assert send().json() == {"taken": True}
    assert waiting == [0]
