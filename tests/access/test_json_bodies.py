"""What the parser of bodies refuses by itself, whatever a view would say of it."""

import io

import pytest
from django.core.exceptions import RequestDataTooBig
from rest_framework.exceptions import ParseError, ValidationError

from webapp.json_bodies import MAX_BODY, MAX_DEPTH, StrictJSONParser

pytestmark = pytest.mark.unit


def parsed(body: bytes) -> object:
    return StrictJSONParser().parse(io.BytesIO(body))


def test_plain_value_is_read_as_it_is() -> None:
    body = b'{"a": [1, 2.5, "\\u00e9", null, true], "b": {"c": ' + b"[" * (MAX_DEPTH - 2) + b"]" * (MAX_DEPTH - 2) + b"}}"

    assert parsed(body)["a"] == [1, 2.5, "é", None, True]


@pytest.mark.parametrize(
    "body",
    [
        b'{"a": "\\u0000"}',
        b'{"\\u0000": 1}',
        b'["\\ud800"]',
        b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1),
        b'{"a": 1, "a": 1}',
        b"[NaN]",
        b"[-Infinity]",
        b"[1e999]",
        b"[1" + b"0" * 5000 + b"]",
        b'"\xff"',
        b"",
    ],
)
def test_value_that_is_not_plain_is_refused(body: bytes) -> None:
    with pytest.raises((ParseError, ValidationError)):
        parsed(body)


def test_body_is_read_no_further_than_its_limit() -> None:
    stream = io.BytesIO(b" " * (MAX_BODY * 4))

    with pytest.raises(RequestDataTooBig):
        StrictJSONParser().parse(stream)

    assert stream.tell() == MAX_BODY + 1
