"""The admin of recruitments, submissions and the ledger: two steps, sums by currency, ids for those who may see them."""

import json

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from experiments import jobs
from tests.services.recruiters.prolific import STUDY_ID, prolific_id
from tests.webapp.participants.conftest import CODES, on_mturk, on_prolific
from tests.webapp.participants.people import browser_of, finish, prolific_session
from webapp import compute
from webapp.participants.ledger import payment_approve
from webapp.participants.models import Participant, Payment, Recruitment, Submission
from webapp.participants.recruitments import recruitment_create

pytestmark = [pytest.mark.integration, pytest.mark.django_db]
RECRUITMENT = {
    "recruiter": "prolific",
    "external_study_id": STUDY_ID,
    "reward": "1.95",
    "currency": "GBP",
    "completion_codes": json.dumps(CODES),
}


@pytest.fixture
def admin() -> Client:
    """An administrator's browser."""
    client = Client()
    client.force_login(User.objects.create_superuser("admin"))
    return client


def staff(*permissions: str) -> Client:
    """The browser of a member of staff with some permissions."""
    user = User.objects.create_user("staff", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(user)
    return client


def act(client: Client, model: str, action: str, rows, **more: str):
    body = {"action": action, "_selected_action": [str(row.pk) for row in rows], **more}
    return client.post(f"/admin/participants/{model}/", body, follow=True)


@pytest.fixture
def line(recruiting) -> Payment:
    """The planned reward of somebody who finished."""
    session = prolific_session(recruiting(on_prolific()))
    finish(browser_of(session), session)
    return Payment.objects.get()


@pytest.fixture
def change_page() -> str:
    """Of a recruitment that nobody came through yet."""
    return f"/admin/participants/recruitment/{recruitment_create(recruiter='direct', reward=300).pk}/change/"


def test_recruitment_is_changed_and_its_money_is_the_builder_s(admin, change_page):
    before = admin.get(change_page).context["adminform"].form["reward"].value()
    response = admin.post(change_page, RECRUITMENT)

    made = Recruitment.objects.get()
    rows = admin.get("/admin/participants/recruitment/").content.decode()
    assert (response.status_code, before) == (302, "3.00")
    assert (made.recruiter, made.reward, made.completion_codes) == ("prolific", 195, CODES)
    assert "1.95 GBP" in rows


def test_recruitment_of_no_study_is_not_made(admin):
    response = admin.post("/admin/participants/recruitment/add/", RECRUITMENT)

    assert response.status_code == 403
    assert not Recruitment.objects.exists()


def test_recruitment_is_changed_to_one_without_codes(admin, change_page):
    admin.post(change_page, {**RECRUITMENT, "recruiter": "direct", "completion_codes": ""})

    made = Recruitment.objects.get()
    assert (made.reward, made.completion_codes) == (195, {})


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"external_study_id": "my study"}, "external_study_id"),
        ({"currency": "EUR"}, "currency"),
        ({"currency": "£"}, "currency"),
        ({"reward": "-1"}, "reward"),
        ({"reward": "1000.01"}, "reward"),
        ({"completion_codes": '{"won": "X"}'}, "completion_codes"),
        ({"completion_codes": '{"completed": "a b"}'}, "completion_codes"),
        ({"completion_codes": '{"completed": 5}'}, "completion_codes"),
        ({"completion_codes": "nonsense"}, "completion_codes"),
        ({"completion_codes": '["completed"]'}, "completion_codes"),
        ({"recruiter": "nobody"}, "recruiter"),
    ],
)
def test_recruitment_that_cannot_work_names_its_field(admin, change_page, changes, field):
    response = admin.post(change_page, {**RECRUITMENT, **changes})

    assert list(response.context["adminform"].form.errors) == [field]
    assert Recruitment.objects.get().reward == 300


@pytest.mark.parametrize("ids_are_gone", [False, True])
def test_recruitment_that_people_came_through_keeps_its_study_and_currency(admin, line, ids_are_gone):
    recruitment = line.recruitment
    if ids_are_gone:
        recruitment.submissions.all().delete()

    admin.post(
        f"/admin/participants/recruitment/{recruitment.pk}/change/",
        {**RECRUITMENT, "currency": "USD", "reward": "2.50", "external_study_id": prolific_id(9, "5")},
    )

    recruitment.refresh_from_db()
    assert (recruitment.reward, recruitment.currency, recruitment.external_study_id) == (250, "GBP", STUDY_ID)


def test_line_goes_by_two_steps_and_a_dry_run(admin, line, prolific):
    compute.queue().control.purge()

    sent_early = act(admin, "payment", "send", [line])
    approved = act(admin, "payment", "approve", [line])
    dry = act(admin, "payment", "dry_run", [line])
    sent = act(admin, "payment", "send", [line])

    assert "0 lines are on their way" in sent_early.content.decode()
    assert "1 lines approved" in approved.content.decode()
    assert "Would send 1 lines: 1.95 GBP" in dry.content.decode()
    assert "1 lines are on their way" in sent.content.decode()
    assert compute.waiting(jobs.WEB_QUEUE) == 1
    assert prolific.requests == []


def test_sums_are_shown_by_currency(admin, line):
    dollars = on_mturk()
    somebody = Participant.objects.create(kind="live", recruiter="mturk", external_id_hash="x")
    Payment.objects.create(recruitment=dollars, participant=somebody, reason="base", amount=5, currency="USD")

    page = admin.get("/admin/participants/payment/").content.decode()

    assert "<td>GBP</td><td>planned</td><td>1</td><td>1.95</td>" in page
    assert "<td>USD</td><td>planned</td><td>1</td><td>0.05</td>" in page


def test_bonus_is_planned_by_hand(admin, line):
    form = {"recruitment": line.recruitment_id, "participant": line.participant_id, "reason": "all right", "amount": "0.50"}

    made = admin.post("/admin/participants/payment/add/", form)
    again = admin.post("/admin/participants/payment/add/", form)
    nothing = admin.post("/admin/participants/payment/add/", {**form, "reason": "more", "amount": "0"})

    bonus = Payment.objects.get(reason="all right")
    assert made.status_code == 302
    assert (bonus.amount, bonus.currency, bonus.state) == (50, "GBP", "planned")
    assert again.context["adminform"].form.errors
    assert "amount" in nothing.context["adminform"].form.errors
    assert Payment.objects.count() == 2


def test_ledger_is_not_edited(admin, line):
    page = admin.post(f"/admin/participants/payment/{line.pk}/change/", {"amount": "9999"})

    line.refresh_from_db()
    assert page.status_code == 403
    assert line.amount == 195


def test_paid_by_hand_is_noted(admin, line):
    payment_approve(Payment.objects.all())

    act(admin, "payment", "settle_by_hand", [line])

    line.refresh_from_db()
    assert line.state == "paid"


def test_onlooker_cannot_move_money(line):
    client = staff("view_payment")

    page = client.get("/admin/participants/payment/")
    act(client, "payment", "approve", [line])

    line.refresh_from_db()
    assert page.status_code == 200
    assert line.state == "planned"


@pytest.mark.parametrize(
    ("permissions", "seen"), [(("view_submission",), False), (("view_submission", "see_external_ids"), True)]
)
def test_ids_of_persons_need_a_permission(line, permissions, seen):
    client = staff(*permissions)
    submission = Submission.objects.get()

    page = client.get(f"/admin/participants/submission/{submission.pk}/change/").content.decode()
    rows = client.get("/admin/participants/submission/").content.decode()

    assert (prolific_id(1) in page) == seen
    assert prolific_id(1) not in rows


def test_participants_are_asked_to_return(admin, line, prolific):
    made = prolific.submission(1, status="ACTIVE")
    submission = Submission.objects.get()

    reasonless = act(admin, "submission", "request_return", [submission], reason=" ")
    asked = act(admin, "submission", "request_return", [submission], reason="Encountered technical problems")

    assert "Say why" in reasonless.content.decode()
    assert "was asked" in asked.content.decode()
    assert made["return_requested"]


def test_comparison_is_made_at_once_or_says_why_not(admin, line, prolific, settings):
    prolific.submission(1, status="AWAITING REVIEW")

    compared = act(admin, "recruitment", "compare", [line.recruitment])
    settings.PROLIFIC_TOKEN = ""
    failed = act(admin, "recruitment", "compare", [line.recruitment])

    assert "1 submissions and 0 payments changed" in compared.content.decode()
    assert "PROLIFIC_TOKEN is not set" in failed.content.decode()


@pytest.mark.parametrize("token", ["", "token"])
def test_study_at_prolific_warns_as_long_as_nobody_can_be_asked_whose_an_id_is(admin, recruiting, settings, token):
    settings.PROLIFIC_TOKEN = token
    study = recruiting(on_prolific())

    page = admin.get(f"/admin/studies/study/{study.id}/change/").content.decode()

    assert ("whoever comes first with somebody&#x27;s id keeps their session" in page) == (token == "")


def test_whoever_may_only_look_compares_nothing(line, prolific):
    prolific.submission(1)

    act(staff("view_recruitment"), "recruitment", "compare", [line.recruitment])

    assert Submission.objects.get().checked_at is None
    assert prolific.asked("GET /api/v1/submissions/") == 0
