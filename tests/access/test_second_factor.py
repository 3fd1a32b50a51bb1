"""The second factor of staff: a password alone opens nothing once a phone is set up; each code is good once, for its owner."""

import re
import time
from base64 import b32decode

import pytest
import pytest_django
from django.contrib.auth.models import User
from django.core.management import call_command
from django.http import HttpResponse
from django.test import Client
from django_otp import DEVICE_ID_SESSION_KEY
from django_otp.oath import TOTP
from django_otp.plugins.otp_static.models import StaticDevice

from tests.webapp import traces
from tests.webapp.tokens import token_of
from webapp.participants.models import AuditEntry
from webapp.second_factor.models import Phone
from webapp.second_factor.services import recovery_codes_renew
from webapp.tokens.models import Scope

pytestmark = [pytest.mark.integration, pytest.mark.django_db]
PASSWORD = "right and long"
SET_UP, CODE = "/admin/second-factor/", "/admin/second-factor/code/"
REST = "/api/v1/studies"


@pytest.fixture
def user() -> User:
    return User.objects.create_superuser("researcher", password=PASSWORD)


@pytest.fixture
def phone(user: User) -> Phone:
    return Phone.objects.create(user=user, name="phone")


def code_of(phone: Phone, *, steps: int = 0) -> str:
    return code(phone.bin_key, steps=steps)


def code(secret: bytes, *, steps: int = 0) -> str:
    """What a phone shows now, or so many half minutes from now."""
    maker = TOTP(secret)
    maker.time = time.time() + 30 * steps
    return f"{maker.token():06d}"


def wrong(phone: Phone) -> str:
    """A code that the phone shows neither now nor soon."""
    soon = {code_of(phone, steps=steps) for steps in range(-2, 4)}
    return next(digits for digits in ("000000", "111111", "222222", "333333", "444444", "555555", "666666") if digits not in soon)


def with_password(*, to: str = "/admin/") -> Client:
    """A browser in which the password was given."""
    client = Client()
    client.post("/admin/login/", {"username": "researcher", "password": PASSWORD, "next": to})
    return client


def give(client: Client, typed: str, **more: str) -> HttpResponse:
    return client.post(CODE, {"code": typed, **more})


def is_in(client: Client) -> bool:
    return client.get("/admin/").status_code == 200


def test_phone_is_set_up_with_password_and_code_and_asked_for_from_then_on(user: User) -> None:
    client = with_password()
    page = client.get(SET_UP).content.decode()
    letters = re.search(r'id="secret">([A-Z2-7 ]+)<', page)[1]
    secret = b32decode(letters.replace(" ", ""))

    refused = client.post(SET_UP, {"code": code(secret), "password": "another"}).content.decode()
    done = client.post(SET_UP, {"code": code(secret), "password": PASSWORD}).content.decode()
    codes = re.findall(r"<li><code>([a-z2-7]{8})</code>", done)

    assert 'src="data:image/svg+xml' in page
    assert letters in refused
    assert len(set(codes)) == 10
    assert is_in(client)
    assert AuditEntry.objects.get().action == AuditEntry.Action.FACTOR_SET_UP
    kept = traces.dump()
    assert [word for word in (letters, secret.hex(), *codes) if word.encode() in kept] == []
    other = with_password()
    assert not is_in(other)
    assert give(other, code(secret, steps=1)).headers["Location"] == "/admin/"
    assert is_in(other)


def test_code_that_the_phone_did_not_make_sets_nothing_up(user: User) -> None:
    client = with_password()
    client.get(SET_UP)
    proposed = Phone.objects.get()

    client.post(SET_UP, {"code": wrong(proposed), "password": PASSWORD})

    assert not Phone.objects.filter(confirmed=True).exists()
    assert Phone.objects.get().key == proposed.key
    client.get(SET_UP)
    assert Phone.objects.get().key != proposed.key


def test_password_alone_leads_to_the_code_and_on_to_where_one_was_going(phone: Phone) -> None:
    client = with_password(to="/explorer/")

    asked = client.get("/explorer/", follow=True)
    rest = client.get(REST)
    answer = give(client, code_of(phone), next=asked.context["next"])

    assert asked.redirect_chain[-1][0] == f"{CODE}?next=/explorer/"
    assert rest.status_code == 401
    assert answer.headers["Location"] == "/explorer/"
    assert client.get(REST).status_code == 200


def test_session_has_a_new_name_after_the_code(phone: Phone) -> None:
    client = with_password()
    before = client.cookies["sessionid"].value

    give(client, code_of(phone))

    assert client.cookies["sessionid"].value != before


def test_used_code_is_refused(phone: Phone) -> None:
    first, second = with_password(), with_password()
    seen = code_of(phone)
    give(first, seen)

    give(second, seen)

    assert [is_in(client) for client in (first, second)] == [True, False]


@pytest.mark.parametrize("steps", [-3, 3])
def test_code_of_another_time_is_refused(steps: int, phone: Phone) -> None:
    client = with_password()

    give(client, code_of(phone, steps=steps))

    assert not is_in(client)


def test_wrong_code_costs_a_pause_that_doubles(phone: Phone) -> None:
    client = with_password()
    give(client, wrong(phone))
    give(client, code_of(phone))
    refused = is_in(client)
    Phone.objects.update(throttling_failure_timestamp=None)

    give(client, code_of(phone))

    assert not refused
    assert is_in(client)


def test_five_wrong_codes_lock_the_name_as_wrong_passwords_do(phone: Phone) -> None:
    client = with_password()

    statuses = [give(client, wrong(phone)).status_code for _ in range(5)]
    Phone.objects.update(throttling_failure_timestamp=None)
    right = give(client, code_of(phone))

    assert statuses == [200, 200, 200, 200, 429]
    assert right.status_code == 429
    assert not is_in(client)


def test_recovery_code_lets_in_once(phone: Phone, user: User) -> None:
    codes = recovery_codes_renew(user)
    first, second = with_password(), with_password()

    shown = first.post(CODE, {"code": f" {codes[0].upper()[:4]} {codes[0][4:]} "}, follow=True).content.decode()
    give(second, codes[0])

    assert [is_in(client) for client in (first, second)] == [True, False]
    assert "9 recovery codes left" in shown


def test_codes_and_phones_of_others_open_nothing(phone: Phone) -> None:
    other = User.objects.create_superuser("other", password=PASSWORD)
    theirs = Phone.objects.create(user=other, name="phone")
    codes = recovery_codes_renew(other)
    client = with_password()

    answers = [give(client, code_of(theirs))]
    Phone.objects.update(throttling_failure_timestamp=None)
    answers.append(give(client, codes[0]))
    session = client.session
    session[DEVICE_ID_SESSION_KEY] = theirs.persistent_id
    session.save()

    assert [answer.status_code for answer in answers] == [200, 200]
    assert not is_in(client)
    assert StaticDevice.objects.get().token_set.count() == len(codes)


def test_phone_that_is_not_confirmed_lets_nobody_in(phone: Phone, user: User) -> None:
    proposed = Phone.objects.create(user=user, name="another", confirmed=False)
    client = with_password()

    give(client, code_of(proposed))
    session = client.session
    session[DEVICE_ID_SESSION_KEY] = proposed.persistent_id
    session.save()

    assert not is_in(client)


def test_forms_of_other_sites_are_refused(phone: Phone) -> None:
    client = Client(enforce_csrf_checks=True)
    client.cookies["sessionid"] = with_password().cookies["sessionid"].value

    statuses = [client.post(path, {"code": code_of(phone)}).status_code for path in (CODE, SET_UP, "/admin/second-factor/leave/")]

    assert statuses == [403, 403, 403]
    assert not is_in(client)


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "/\\evil.example"])
def test_code_leads_nowhere_else(elsewhere: str, phone: Phone) -> None:
    client = with_password()

    assert give(client, code_of(phone), next=elsewhere).headers["Location"] == "/admin/"


def test_whoever_owes_the_code_cannot_change_the_second_factor(phone: Phone) -> None:
    client = with_password()

    answer = client.post(SET_UP, {"code": "", "remove": "yes"})

    assert answer.headers["Location"].startswith("/admin/login/")
    assert Phone.objects.filter(confirmed=True).exists()


def test_codes_are_renewed_and_the_phone_taken_off_with_a_code(phone: Phone, user: User) -> None:
    old = recovery_codes_renew(user)
    client = with_password()
    give(client, code_of(phone))

    client.post(SET_UP, {"code": wrong(phone), "remove": "yes"})
    Phone.objects.update(throttling_failure_timestamp=None)
    new = re.findall(
        r"<code>([a-z2-7]{8})</code>", client.post(SET_UP, {"code": code_of(phone, steps=1), "renew": "yes"}).content.decode()
    )
    void = client.post(SET_UP, {"code": old[0], "remove": "yes"})
    StaticDevice.objects.update(throttling_failure_timestamp=None)
    assert void.status_code == 200
    client.post(SET_UP, {"code": new[0], "remove": "yes"})

    assert not Phone.objects.exists()
    assert not StaticDevice.objects.exists()
    assert AuditEntry.objects.get().actor == user
    assert is_in(with_password())


def test_where_it_is_required_staff_without_it_reach_the_set_up_alone(user: User, settings: pytest_django.Settings) -> None:
    settings.STAFF_SECOND_FACTOR = "required"
    client = with_password()

    shown = client.get("/explorer/", follow=True)
    rest = client.get(REST)
    program = Client(headers={"Authorization": f"Token {token_of(user, [Scope.READ_STUDIES])}"}).get(REST)

    assert shown.redirect_chain[-1][0].startswith(SET_UP)
    assert shown.status_code == 200
    assert rest.status_code == 401
    assert program.status_code == 200
    client.post("/admin/second-factor/leave/")
    assert client.get(SET_UP).status_code == 302


def test_operator_helps_whoever_lost_the_phone(phone: Phone, user: User, capsys: pytest.CaptureFixture[str]) -> None:
    recovery_codes_renew(user)

    call_command("second_factor_reset", "researcher")
    with pytest.raises(SystemExit):
        call_command("second_factor_reset", "nobody")

    assert is_in(with_password())
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.actor, entry.details) == (AuditEntry.Action.FACTOR_REMOVED, None, {"account": user.pk})
    assert "there is no 'nobody'" in capsys.readouterr().err


def test_secret_is_another_with_another_key(phone: Phone, settings: pytest_django.Settings) -> None:
    before = phone.bin_key

    settings.ID_KEY = "another one"

    assert phone.bin_key != before
    assert bytes.fromhex(phone.key) not in (before, phone.bin_key)
