"""The last guard of the logs: what looks like an id, a secret or an address does not get through, and our own words do."""

import json
import logging
import secrets
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as some

from experiments import logs

pytestmark = pytest.mark.unit

IDS = some.one_of(
    some.uuids().map(str),
    some.binary(min_size=12, max_size=32).map(bytes.hex),
    some.ip_addresses(v=4).map(str),
    some.ip_addresses(v=6).map(lambda address: address.exploded),
    some.binary(min_size=24, max_size=48).map(lambda seed: uuid.uuid5(uuid.NAMESPACE_URL, seed.hex()).hex + "q"),
    some.from_regex(r"A[0-9A-Z]{11}[0-9]", fullmatch=True),
    some.from_regex(r"[a-z]{1,10}\.[a-z]{1,10}@[a-z]{2,10}\.org", fullmatch=True),
    some.from_regex(r"/p/x/\?PROLIFIC_PID=[A-Za-z0-9]{1,64}", fullmatch=True).map(lambda text: text.partition("/p/x/")[2]),
)
BEFORE = some.sampled_from(["job crashed: ", "somebody came from ", "(", "id=", "/p/", "->", "'"])
AFTER = some.sampled_from(["", ")", ", then", " and more", "/", "'", ": no"])


def line(name: str = "webapp.somewhere", message: str = "it happened", *, error: BaseException | None = None, **extra) -> dict:
    """What is written of a record, as JSON."""
    exc_info = (type(error), error, error.__traceback__) if error else None
    record = logging.getLogger(name).makeRecord(name, logging.ERROR, __file__, 1, message, (), exc_info, extra=extra)
    return json.loads(logs.line_formatter(is_terminal=False).format(record))


@given(before=BEFORE, found=IDS, after=AFTER)
def test_no_id_gets_through_a_text(before: str, found: str, after: str) -> None:
    assert found not in logs.scrub(f"{before}{found}{after}")


@pytest.mark.parametrize("make", [secrets.token_urlsafe, secrets.token_hex, lambda size: secrets.token_urlsafe(size).upper()])
def test_no_secret_gets_through_a_text(make) -> None:
    drawn = [make(32) for _ in range(200)]

    assert [secret for secret in drawn if secret in logs.scrub(f"the cookie {secret} is no good")] == []


@pytest.mark.parametrize(
    "text",
    [
        "Connected to redis at 6379",
        "could not write /artifacts/blobs: No space left on device",
        "connection to server at port 5432 failed: Connection refused",
        "webapp.stimuli.job_finished took 0.25 s at 12:30:45",
    ],
)
def test_what_operators_need_stays(text: str) -> None:
    assert logs.scrub(text) == text


def test_our_own_fields_stay_and_unknown_ones_go() -> None:
    written = line(
        job="7f1c0a52-1111-4222-8333-444455556666", digest="ab" * 32, request="<WSGIRequest: GET '/p/alice'>", pid="alice"
    )

    assert written["job"].startswith("7f1c0a52")
    assert written["digest"] == "ab" * 32
    assert "alice" not in json.dumps(written)


@pytest.mark.parametrize(
    ("name", "message", "event"),
    [
        ("django.request", "Not Found: /p/alice/bob", "Not Found"),
        ("django.security.DisallowedHost", "Invalid HTTP_HOST header: 'alice'", "Invalid HTTP_HOST header"),
        ("gunicorn.error", "Error handling request /erase/?code=alice", "Error handling request"),
    ],
)
def test_addresses_that_libraries_name_are_left_out(name: str, message: str, event: str) -> None:
    assert line(name, message)["event"] == event


def test_exception_is_told_by_type_cause_and_place_and_not_by_what_it_quotes() -> None:
    try:
        try:
            {}["alice"]
        except KeyError as missing:
            raise ValueError("no participant 'alice', Key (id)=(alice)\nDETAIL: Failing row contains (alice)") from missing
    except ValueError as error:
        written = line("django.request", "Internal Server Error: /p/alice", error=error)

    assert written["error"] == ["ValueError: no participant …, Key (id)…", "KeyError: …"]
    assert written["at"][-1].endswith("test_exception_is_told_by_type_cause_and_place_and_not_by_what_it_quotes")
    assert "alice" not in json.dumps(written)


def test_terminal_gets_words() -> None:
    record = logging.getLogger("webapp").makeRecord("webapp", logging.INFO, __file__, 1, "it happened", (), None)

    written = logs.line_formatter(is_terminal=True).format(record)

    assert "it happened" in written
    assert not written.startswith("{")
