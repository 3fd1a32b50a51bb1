"""Bodies of requests, read strictly: DRF calls the parser for every request with JSON.

What is not plain is refused, not mended.
"""

import json
import math
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import RequestDataTooBig
from rest_framework.exceptions import ParseError, ValidationError
from rest_framework.parsers import BaseParser

MAX_BODY = 64 * 1024
"""Bytes; a view with `max_body` sets its own."""
MAX_DEPTH = 32
MAX_DIGITS = 20
"""Of an integer; any that a column takes has fewer."""


class StrictJSONParser(BaseParser):
    """Refuses what is too large or deep, names that stand there twice, numbers without bound, and text that no database takes."""

    media_type = "application/json"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None) -> Any:
        """The value of a body."""
        largest = getattr((parser_context or {}).get("view"), "max_body", MAX_BODY)
        body = stream.read(largest + 1)
        if len(body) > largest:
            raise RequestDataTooBig(f"It is larger than {largest} bytes")
        try:
            value = json.loads(
                body.decode(), object_pairs_hook=_each_once, parse_constant=_NoNumber, parse_float=_finite, parse_int=_bounded
            )
        except RecursionError as error:
            raise ParseError(f"The body is nested too deeply: more than {MAX_DEPTH} levels") from error
        except ValueError as error:
            raise ParseError(f"The body is not valid JSON: {error}") from error
        _require_plain(value)
        return value


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({name for name, _ in pairs}) < len(pairs):
        raise ValueError("a name stands there twice")
    return dict(pairs)


class _NoNumber:
    """Stands in the value for what cannot be one, until its field is known."""

    def __init__(self, word: str) -> None:
        self.word = word


def _finite(text: str) -> float | _NoNumber:
    return value if math.isfinite(value := float(text)) else _NoNumber(text)


def _bounded(text: str) -> int | _NoNumber:
    # A larger one is no float, and whoever computes with it would crash.
    return int(text) if len(text) <= MAX_DIGITS else _NoNumber(text)


def _require_plain(body: Any) -> None:
    """Raise ValidationError for deep nesting, numbers that are none, and text that PostgreSQL or UTF-8 has no place for."""
    waiting = [(body, 1, "body")]
    if isinstance(body, dict):
        waiting = [(value, 2, name) for name, value in body.items()] + [(name, 2, "body") for name in body]
    while waiting:
        inner, depth, field = waiting.pop()
        if depth > MAX_DEPTH:
            raise ValidationError({field: [f"It is nested more than {MAX_DEPTH} levels deep"]})
        if isinstance(inner, dict):
            waiting += [(part, depth + 1, field) for pair in inner.items() for part in pair]
        elif isinstance(inner, list):
            waiting += [(part, depth + 1, field) for part in inner]
        elif isinstance(inner, _NoNumber):
            raise ValidationError({field: [f"{inner.word[:MAX_DIGITS]} is no number that could be stored"]})
        elif isinstance(inner, str) and ("\0" in inner or not _is_unicode(inner)):
            raise ValidationError({field: ["A text holds a character that is none"]})


def _is_unicode(text: str) -> bool:
    """Whether it has no half of a surrogate pair, which JSON can spell and UTF-8 cannot."""
    return text.isascii() or not any("\ud800" <= sign <= "\udfff" for sign in text)
