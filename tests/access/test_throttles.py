"""How often somebody may ask, told apart by address, session or token; and that no address is kept."""

import json
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any, Self

import pytest
import pytest_django
import redis
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client, RequestFactory
from rest_framework.settings import api_settings

from tests.webapp import made_up
from tests.webapp.test_participant_api import TYPE
from tests.webapp.tokens import client_of
from webapp.addresses import address_hash, address_of_nobody, client_address
from webapp.studies.participant.api import cookie_name
from webapp.studies.participant.throttles import AnswerThrottle

pytestmark = [pytest.mark.integration, pytest.mark.django_db]
SOMEWHERE = "203.0.113.7"
ELSEWHERE = "198.51.100.9"


@pytest.fixture(autouse=True)
def rates(settings: pytest_django.Settings) -> None:
    """Three of everything, and nothing counted yet."""
    settings.RATES = dict.fromkeys(("start", "answer", "plan", "token"), "3/min")
    cache.clear()


@pytest.fixture
def hops(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A function that sets how many proxies are ours."""
    return lambda number: monkeypatch.setattr(api_settings, "NUM_PROXIES", number)


def start(study: Any, number: int, *, address: str = SOMEWHERE, **headers: str) -> Any:
    return Client(REMOTE_ADDR=address).post(f"/p/{study.id}/", made_up.agreed(study, participant=f"p{number}"), headers=headers)


def test_starts_from_one_address_are_limited_and_said_so_with_the_time_to_wait() -> None:
    study = made_up.study()

    answers = [start(study, number) for number in range(4)]
    another = start(study, 9, address=ELSEWHERE)

    assert [answer.status_code for answer in answers] == [302, 302, 302, 429]
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 60
    assert "too many people begin from your network" in answers[-1].content.decode()
    assert another.status_code == 302
    assert study.sessions.count() == 4


def test_invented_address_before_our_proxy_changes_nothing(hops: Any) -> None:
    hops(1)
    study = made_up.study()

    answers = [start(study, n, address="10.0.0.1", **{"X-Forwarded-For": f"192.0.2.{n}, {SOMEWHERE}"}) for n in range(4)]

    assert [answer.status_code for answer in answers] == [302, 302, 302, 429]


def test_invented_address_without_a_proxy_changes_nothing(hops: Any) -> None:
    hops(0)
    study = made_up.study()

    answers = [start(study, n, **{"X-Forwarded-For": f"192.0.2.{n}"}) for n in range(4)]

    assert [answer.status_code for answer in answers] == [302, 302, 302, 429]


@pytest.mark.parametrize(
    ("number", "sent", "found"),
    [(0, "192.0.2.1", SOMEWHERE), (1, "192.0.2.1, 192.0.2.2", "192.0.2.2"), (2, "192.0.2.1, 192.0.2.2", "192.0.2.1")],
)
def test_address_is_what_the_outermost_proxy_of_ours_saw(number: int, sent: str, found: str, hops: Any) -> None:
    hops(number)

    assert client_address(RequestFactory(REMOTE_ADDR=SOMEWHERE).get("/", headers={"X-Forwarded-For": sent})) == found


def test_demo_and_load_tests_on_this_machine_are_not_limited() -> None:
    study = made_up.study()

    assert {start(study, number, address="127.0.0.1").status_code for number in range(5)} == {302}


@pytest.mark.parametrize(("kind", "last"), [("live", 429), ("preview", 429), ("bot", 400)])
def test_session_sends_so_much_and_no_more(kind: str, last: int) -> None:
    study = made_up.study()
    _, token = made_up.session(study, kind=kind)
    client = Client()
    client.cookies[cookie_name(study.id)] = token

    answers = [client.post(f"/p/{study.id}/instructions", {}, content_type=TYPE) for _ in range(4)]

    assert [answer.status_code for answer in answers] == [400, 400, 400, last]
    assert client.get(f"/p/{study.id}/session").status_code == 200
    if last == 429:
        assert int(answers[-1].headers["Retry-After"]) > 0
        assert answers[-1].json()["remedy"] == "Wait a moment and try again"


@pytest.mark.parametrize(("kind", "last"), [("live", 429), ("bot", 200)])
def test_plan_is_asked_for_so_often_and_no_tab_is_noted_any_more(kind: str, last: int) -> None:
    study = made_up.study()
    session, token = made_up.session(study, kind=kind)
    client = Client()
    client.cookies[cookie_name(study.id)] = token

    answers = [client.get(f"/p/{study.id}/session", headers={"X-Tab": f"tab-{n}"}).status_code for n in range(4)]

    assert answers == [200, 200, 200, last]
    assert session.events.count() == (2 if last == 429 else 3)


def test_token_is_used_so_often_and_a_browser_as_it_likes(researcher: Client) -> None:
    program = client_of(User.objects.get(username="researcher"))

    assert [program.get("/api/v1/studies").status_code for _ in range(4)] == [200, 200, 200, 429]
    assert {researcher.get("/api/v1/studies").status_code for _ in range(5)} == {200}


def test_address_is_in_no_cache_and_in_no_hash_that_stays(settings: pytest_django.Settings) -> None:
    start(made_up.study(), 1)
    request = RequestFactory(REMOTE_ADDR=SOMEWHERE).get("/")
    before = address_hash(request)
    settings.SECRET_KEY = "another"

    kept = b"".join(path.read_bytes() for path in Path(settings.CACHES["default"]["LOCATION"]).rglob("*") if path.is_file())

    assert kept
    assert SOMEWHERE.encode() not in kept
    assert address_hash(request) != before
    assert address_of_nobody(request).startswith("fd")


def test_address_is_told_apart_for_a_day(monkeypatch: pytest.MonkeyPatch) -> None:
    class Tomorrow(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Self:
            return super().now(tz) + timedelta(days=1)

    request = RequestFactory(REMOTE_ADDR=SOMEWHERE).get("/")
    today = address_hash(request)

    monkeypatch.setattr("webapp.addresses.datetime", Tomorrow)

    assert address_hash(request) != today


def test_server_goes_on_without_its_cache(settings: pytest_django.Settings, caplog: pytest.LogCaptureFixture) -> None:
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://127.0.0.1:1/0"}}
    study = made_up.study()

    assert {start(study, number).status_code for number in range(5)} == {302}
    assert "nobody is counted, since the cache fails" in caplog.text


def test_redis_keeps_counts_as_json(redis_url: str, settings: pytest_django.Settings) -> None:
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": redis_url,
            "OPTIONS": {"serializer": "webapp.cache_json.JsonSerializer"},
        }
    }
    study = made_up.study()

    answers = [start(study, number).status_code for number in range(4)]

    with redis.Redis.from_url(redis_url) as client:
        values = [client.get(key) for key in client.keys("*start-*")]
    assert answers == [302, 302, 302, 429]
    assert [len(json.loads(value)) for value in values] == [3]


def test_rate_is_read_when_it_is_needed(settings: pytest_django.Settings) -> None:
    settings.RATES = {**settings.RATES, "answer": ""}

    assert AnswerThrottle().get_rate() is None


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2", False),
        ("192.0.2.1", "192.0.2.2", False),
    ],
)
def test_household_is_one_address_however_many_it_has(one: str, other: str, same: bool) -> None:
    hashes = {address_hash(RequestFactory(REMOTE_ADDR=address).get("/")) for address in (one, other)}

    assert (len(hashes) == 1) == same
