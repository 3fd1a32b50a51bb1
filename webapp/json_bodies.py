"""Bodies of requests, read strictly: DRF calls the parser for every request with JSON.

What is not plain is refused, not mended.
"""

import json
import math
from collections.abc import Mapping
from typing import Any, NoReturn

from django.core.exceptions import RequestDataTooBig
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

MAX_BODY = 64 * 1024
"""Bytes; a view with `max_body` sets its own."""
MAX_DEPTH = 32


class StrictJSONParser(BaseParser):
    """Refuses what is too large or deep, names that stand there twice, infinite numbers, and text that no database takes."""

    media_type = "application/json"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None) -> Any:
        """The value of a body."""
        largest = getattr((parser_context or {}).get("view"), "max_body", MAX_BODY)
        body = stream.read(largest + 1)
        if len(body) > largest:
            raise RequestDataTooBig(f"It is larger than {largest} bytes")
        try:
            value = json.loads(body.decode(), object_pairs_hook=_each_once, parse_constant=_refuse, parse_float=_finite)
        except (ValueError, RecursionError) as error:
            raise ParseError(f"The body is not valid JSON: {error}") from error
        _require_plain(value)
        return value


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({name for name, _ in pairs}) < len(pairs):
        raise ValueError("a name stands there twice")
    return dict(pairs)


def _refuse(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number")


def _finite(text: str) -> float:
    if not math.isfinite(value := float(text)):
        raise ValueError("a number is out of range")
    return value


def _require_plain(value: Any) -> None:
    """Raise ParseError for deep nesting, and for text that PostgreSQL or UTF-8 has no place for."""
    waiting = [(value, 1)]
    while waiting:
        inner, depth = waiting.pop()
        if depth > MAX_DEPTH:
            raise ParseError(f"The JSON is nested more than {MAX_DEPTH} levels deep")
        if isinstance(inner, dict):
            waiting += [(part, depth + 1) for pair in inner.items() for part in pair]
        elif isinstance(inner, list):
            waiting += [(part, depth + 1) for part in inner]
        elif isinstance(inner, str) and ("\0" in inner or not _is_unicode(inner)):
            raise ParseError("A text holds a character that is none")


def _is_unicode(text: str) -> bool:
    """Whether it has no half of a surrogate pair, which JSON can spell and UTF-8 cannot."""
    return text.isascii() or not any("\ud800" <= sign <= "\udfff" for sign in text)
