"""Comparing with the recruiters: what they tell is stored, and tasks that were given back are free again."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils import timezone

from tests.services.recruiters.http import Fault
from tests.services.recruiters.prolific import prolific_id
from tests.webapp import traces
from tests.webapp.participants.conftest import on_mturk, on_prolific
from tests.webapp.participants.people import browser_of, finish, mturk_session, prolific_session
from webapp.participants import tasks
from webapp.participants.ledger import payment_approve, payment_send
from webapp.participants.models import Payment, Recruitment, Submission
from webapp.participants.recruiters.base import NotDoneError
from webapp.participants.submissions import submissions_reconcile
from webapp.studies.assignment import study_cells
from webapp.studies.models import Session, SessionEvent

pytestmark = [pytest.mark.integration, pytest.mark.django_db]


@pytest.mark.parametrize("status", ["RETURNED", "TIMED-OUT"])
def test_submission_given_back_frees_the_task_once(prolific, recruiting, status):
    study = recruiting(on_prolific())
    session = prolific_session(study)
    prolific.submission(1, status=status)
    taken = sum(cell.sessions for cell in study_cells(study, kind="live", cohort="crowd"))

    changed = submissions_reconcile(study.recruitment)
    again = submissions_reconcile(study.recruitment)

    session.refresh_from_db()
    event = SessionEvent.objects.get(kind="returned")
    assert (len(changed), len(again)) == (1, 0)
    assert session.state == "returned"
    assert event.details == {"submission": status}
    assert (taken, sum(cell.sessions for cell in study_cells(study, kind="live", cohort="crowd"))) == (1, 0)


@pytest.mark.parametrize("status", ["RESERVED", "ACTIVE", "AWAITING REVIEW", "APPROVED", "REJECTED"])
def test_other_states_are_stored_and_the_person_goes_on(prolific, recruiting, status):
    study = recruiting(on_prolific())
    prolific_session(study)
    prolific.submission(1, status=status)

    submissions_reconcile(study.recruitment)

    submission = Submission.objects.get()
    assert submission.state == status
    assert submission.checked_at
    assert Session.objects.get().state == "running"


def test_finished_session_stays_finished_whatever_happens_there(prolific, recruiting):
    study = recruiting(on_prolific())
    session = prolific_session(study)
    finish(browser_of(session), session)
    prolific.submission(1, status="RETURNED")

    submissions_reconcile(study.recruitment)

    assert Session.objects.get().state == "finished"
    assert Submission.objects.get().state == "RETURNED"


def test_returned_person_loses_no_answer_and_cannot_go_on(prolific, recruiting):
    study = recruiting(on_prolific())
    session = prolific_session(study)
    client = browser_of(session)
    client.post(f"/p/{study.id}/instructions", {"duration": 1}, content_type="application/json")
    prolific.submission(1, status="RETURNED")

    submissions_reconcile(study.recruitment)

    assert client.get(f"/p/{study.id}/session").json()["phase"] == "returned"
    assert client.post(f"/p/{study.id}/finish", {}, content_type="application/json").status_code == 409


def test_forged_submission_id_is_put_right_by_the_list(prolific, recruiting):
    study = recruiting(on_prolific())
    prolific_session(study)
    Submission.objects.update(external_id=prolific_id(9, "f"))
    prolific.submission(1, status="ACTIVE")

    submissions_reconcile(study.recruitment)

    assert Submission.objects.get().external_id == prolific_id(1, "b")


def test_person_whom_the_recruiter_does_not_know_is_told_apart(prolific, recruiting):
    study = recruiting(on_prolific())
    prolific_session(study)

    submissions_reconcile(study.recruitment)

    submission = Submission.objects.get()
    assert (submission.state, submission.checked_at is not None) == ("", True)


def test_erased_ids_do_not_come_back(prolific, recruiting):
    study = recruiting(on_prolific())
    prolific_session(study)
    prolific.submission(1)
    Submission.objects.update(external_participant_id="", external_id="")

    submissions_reconcile(study.recruitment)

    assert Submission.objects.get().external_id == ""


@pytest.mark.parametrize("fault", [Fault.ERROR_500, Fault.BUSY_429, Fault.MALFORMED, Fault.LOST_AFTER])
def test_trouble_changes_nothing_and_the_next_minute_makes_up_for_it(prolific, recruiting, fault):
    study = recruiting(on_prolific())
    prolific_session(study)
    prolific.submission(1, status="RETURNED")
    prolific.fail("GET", fault)

    with pytest.raises(NotDoneError):
        submissions_reconcile(study.recruitment)
    before = Session.objects.get().state
    tasks.reconcile()

    assert (before, Session.objects.get().state) == ("running", "returned")


def test_trouble_on_the_second_page_changes_nothing(prolific, recruiting):
    prolific.page_size = 1
    study = recruiting(on_prolific())
    for number in (1, 2):
        prolific_session(study, number)
        prolific.submission(number, status="RETURNED")
    asked = []
    prolific.hold = lambda name: prolific.fail("GET", Fault.ERROR_500) if asked.append(name) or len(asked) == 2 else None

    with pytest.raises(NotDoneError):
        submissions_reconcile(study.recruitment)

    assert set(Submission.objects.values_list("state", flat=True)) == {""}


def test_one_silent_recruiter_does_not_keep_the_others_waiting(prolific, mturk, recruiting):
    mine, theirs = recruiting(on_mturk()), recruiting(on_prolific())
    session, other = mturk_session(mine), prolific_session(theirs)
    mturk.fail("ListAssignmentsForHIT", Fault.ERROR_500)
    prolific.submission(1, status="RETURNED")

    tasks.reconcile()

    session.refresh_from_db()
    other.refresh_from_db()
    assert (session.state, other.state) == ("running", "returned")


def test_minute_settles_what_was_sent_and_leaves_alone_what_is_over(prolific, recruiting):
    study = recruiting(on_prolific())
    session = prolific_session(study)
    finish(browser_of(session), session)
    prolific.submission(1)
    prolific.fail("transition", Fault.LOST_AFTER)
    payment_approve(Payment.objects.all())
    payment_send(Payment.objects.get())

    tasks.reconcile()
    paid, asked = Payment.objects.get().state, len(prolific.requests)
    tasks.reconcile()

    assert paid == "paid"
    assert len(prolific.requests) == asked


def test_old_submissions_are_not_asked_about(prolific, recruiting):
    prolific_session(recruiting(on_prolific()))
    Submission.objects.update(created_at=timezone.now() - timedelta(days=61))

    tasks.reconcile()

    assert prolific.requests == []


def test_payments_are_sent_by_the_task(prolific, recruiting):
    study = recruiting(on_prolific())
    session = prolific_session(study)
    finish(browser_of(session), session)
    prolific.submission(1)
    payment_approve(Payment.objects.all())

    tasks.pay(payments=[str(Payment.objects.get().id)] * 2)

    assert Payment.objects.get().state == "paid"
    assert prolific.asked("transition") == 1


def test_people_who_handed_in_without_having_been_here_are_counted_until_that_is_settled(prolific, recruiting):
    study = recruiting(on_prolific())
    prolific_session(study, 1)
    for number, status in ((1, "AWAITING REVIEW"), (2, "AWAITING REVIEW"), (3, "ACTIVE"), (4, "RETURNED"), (5, "APPROVED")):
        prolific.submission(number, status=status)

    tasks.reconcile()
    counted = Recruitment.objects.get().strangers
    stored = traces.dump()
    Submission.objects.update(state="APPROVED")
    prolific.submission(2, status="RETURNED")
    tasks.reconcile()

    assert (counted, Recruitment.objects.get().strangers) == (1, 0)
    assert prolific_id(2).encode() not in stored
    assert prolific_id(2, "b").encode() not in stored


def test_link_that_leads_elsewhere_is_noticed(prolific, recruiting):
    recruiting(on_prolific())
    prolific.submission(1)

    tasks.reconcile()

    assert Recruitment.objects.get().strangers == 1


def test_submissions_of_strangers_are_shown_to_who_may_see_ids(prolific, recruiting, researcher):
    study = recruiting(on_prolific())
    prolific.submission(1)
    submissions_reconcile(study.recruitment)
    viewer = User.objects.create_user("viewer", is_staff=True)
    viewer.user_permissions.add(Permission.objects.get(codename="view_study"))
    other = Client()
    other.force_login(viewer)
    page = f"/studies/{study.id}/operations/?still=yes"

    told = [client.get(f"{page}{ask}").content.decode() for client in (researcher, other) for ask in ("", "&strangers=yes")]
    prolific.fail("GET", Fault.ERROR_500)
    silent = researcher.get(f"{page}&strangers=yes").content.decode()

    assert all("Handed in without having been here: 1" in shown for shown in (*told, silent))
    assert [prolific_id(1, "b") in shown for shown in (*told, silent)] == [False, True, False, False, False]
    assert 'class="errornote"' in silent
    assert prolific.asked("GET /api/v1/submissions/") == 3


def test_recruitment_that_cannot_be_read_does_not_keep_the_others_waiting(prolific, mturk, recruiting, monkeypatch):
    odd, other = recruiting(on_mturk()), recruiting(on_prolific())
    mturk_session(odd)
    session = prolific_session(other)
    prolific.submission(1, status="RETURNED")
    mturk.assignment(1)["AssignmentStatus"] = {}

    with pytest.raises(ExceptionGroup, match="not all"):
        tasks.reconcile()

    session.refresh_from_db()
    assert session.state == "returned"


@pytest.mark.parametrize("links", [None, {}, {"next": None}, {"next": {"href": None}}])
def test_list_without_a_next_page_ends(prolific, recruiting, links):
    study = recruiting(on_prolific())
    prolific_session(study)
    prolific.submission(1, status="ACTIVE")
    prolific.links = links

    submissions_reconcile(study.recruitment)

    assert Submission.objects.get().state == "ACTIVE"
    assert prolific.asked("GET") == 1
