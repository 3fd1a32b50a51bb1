"""The login of staff: locked after five failures, keeping neither address nor browser; sessions that end."""

import pytest
from axes.models import AccessAttempt, AccessLog
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client

from tests.webapp import traces

pytestmark = [pytest.mark.integration, pytest.mark.django_db]
LOGIN = "/admin/login/"
ADDRESS = "203.0.113.77"
BROWSER = "Mozilla/5.0 (a browser that nobody else has)"
PASSWORD = "right and long"


def visitor(address: str = ADDRESS) -> Client:
    return Client(REMOTE_ADDR=address, headers={"User-Agent": BROWSER, "Accept": "text/html; q=0.123"})


def log_in(client: Client, password: str = PASSWORD) -> int:
    return client.post(LOGIN, {"username": "researcher", "password": password}).status_code


@pytest.fixture(autouse=True)
def user() -> User:
    return User.objects.create_superuser("researcher", password=PASSWORD)


def test_five_failures_lock_the_name_from_that_address_alone() -> None:
    client = visitor()

    statuses = [log_in(client, "wrong") for _ in range(5)]
    locked = client.post(LOGIN, {"username": "researcher", "password": PASSWORD})

    assert statuses == [200, 200, 200, 200, 429]
    assert locked.status_code == 429
    assert locked.headers["Retry-After"] == "3600"
    assert "axes_reset_username" in locked.content.decode()
    assert log_in(visitor("198.51.100.1")) == 302


def test_program_learns_no_more_than_a_browser() -> None:
    client = visitor()
    statuses = [log_in(client, "wrong") for _ in range(5)]

    locked = client.post(LOGIN, {"username": "researcher", "password": "x"}, headers={"X-Requested-With": "XMLHttpRequest"})

    assert statuses[-1] == locked.status_code == 429
    assert "Access-Control-Allow-Origin" not in locked.headers


def test_administrator_unlocks_a_name() -> None:
    client = visitor()
    for _ in range(5):
        log_in(client, "wrong")

    call_command("axes_reset_username", "researcher")

    assert log_in(client) == 302


def test_failures_keep_neither_address_nor_browser() -> None:
    client = visitor()
    log_in(client, "wrong")
    log_in(client, "wrong")
    kept = traces.dump()

    assert AccessAttempt.objects.get().failures_since_start == 2
    assert [word for word in (ADDRESS, BROWSER, "0.123", "wrong") if word.encode() in kept] == []


def test_success_is_not_kept_at_all() -> None:
    client = visitor()
    log_in(client, "wrong")

    assert log_in(client) == 302
    assert not AccessAttempt.objects.exists()
    assert not AccessLog.objects.exists()


def test_session_lasts_twelve_hours() -> None:
    client = visitor()
    log_in(client)

    assert client.cookies["sessionid"]["max-age"] == 12 * 3600
    assert client.cookies["sessionid"]["httponly"]
    assert client.cookies["sessionid"]["samesite"] == "Lax"


def test_changed_password_ends_the_other_sessions(user: User) -> None:
    here, there = visitor(), visitor()
    assert [log_in(client) for client in (here, there)] == [302, 302]
    changed = {"old_password": PASSWORD, "new_password1": "another long one", "new_password2": "another long one"}

    here.post("/admin/password_change/", changed)

    assert [client.get("/admin/").status_code for client in (here, there)] == [200, 302]
