"""Checks of what people typed: values against a dataclass, ranges, words of a command line. Used by recipes and designs."""

import dataclasses
import json
import math
from collections.abc import Mapping
from numbers import Integral, Real
from types import NoneType, UnionType
from typing import Any, Literal, TypeAlias, TypeVar, get_args, get_origin, get_type_hints

from experiments.contract.errors import InputError

Json: TypeAlias = Any
T = TypeVar("T")
EXAMPLES: Mapping[Any, str] = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "a text",
    Mapping: 'an object, such as {"name": 1}',
}
"""What is wanted of a field, by its type."""


def canonical_json(value: Json) -> str:
    """JSON with sorted keys and no spaces: equal values give equal text."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)


def require(condition: bool, field: str, message: str, remedy: str) -> None:
    """Raise InputError unless `condition` holds."""
    if not condition:
        raise InputError(field=field, message=message, remedy=remedy)


def require_range(recipe: object, field: str, low: float, high: float) -> None:
    """Raise InputError unless the number in `field` lies in [low, high]."""
    value = getattr(recipe, field)
    require(low <= value <= high, field, f"{value} is outside {low} to {high}", f"Give a number from {low} to {high}")


def require_number(field: str, value: Json, low: float, high: float) -> None:
    """Raise InputError unless `value` is a number in [low, high]."""
    is_number = isinstance(value, Real) and not isinstance(value, bool)
    if not (is_number and low <= value <= high):
        message = f"{value!r} is no number from {low} to {high}"
        raise InputError(field=field, message=message, remedy=f"Give a number from {low} to {high}")


def require_whole(field: str, value: Json, low: int, high: int) -> None:
    """Raise InputError unless `value` is a whole number in [low, high]."""
    require_number(field, value, low, high)
    if not isinstance(value, Integral):
        raise InputError(field=field, message=f"{value!r} is no whole number", remedy=f"Give one from {low} to {high}")


def require_finite(settings: Mapping[str, Json]) -> None:
    """Raise InputError if some setting holds, however deep, NaN or an infinity: readers of JSON know them, digests do not."""
    for name, value in settings.items():
        try:
            canonical_json(value)
        except ValueError as error:
            raise InputError(field=name, message=f"{value} is not finite", remedy="Give finite numbers") from error


def build(cls: type[T], values: Mapping[str, Json]) -> T:
    """Construct a dataclass from JSON values, each checked against its field's type.

    Raises:
        InputError: A field is unknown, missing, or of the wrong type.
    """
    fields = {field.name: field for field in dataclasses.fields(cls)}  # type: ignore[arg-type]  # T is a dataclass
    for name in values:
        require(name in fields, str(name), "there is no such field", f"Choose among {', '.join(fields)}")
    for name, field in fields.items():
        has_default = field.default is not dataclasses.MISSING or field.default_factory is not dataclasses.MISSING
        require(name in values or has_default, name, "it is missing", f"Give a value for {name}")
    hints = get_type_hints(cls)
    return cls(**{name: _typed(name, value, hints[name]) for name, value in values.items()})


def parse_settings(pairs: list[str]) -> dict[str, Json]:
    """Read `key=value` words of a command line; a value is JSON where it parses as such, else text.

    Raises:
        InputError: A word has no `=`, or a number is not finite.
    """
    settings: dict[str, Json] = {}
    for pair in pairs:
        key, separator, text = pair.partition("=")
        require(bool(separator), "set", f"{pair!r} has no '='", "Write --set key=value")
        try:
            settings[key] = json.loads(text)
        except json.JSONDecodeError:
            settings[key] = text
    require_finite(settings)
    return settings


def as_typed(value: Json) -> str:
    """A value as the word of a command line that `parse_settings` reads as it."""
    is_plain = isinstance(value, str) and parse_settings([f"={value}"])[""] == value
    return value if is_plain else canonical_json(value)


def _typed(name: str, value: Json, hint: Any) -> Json:
    """`value` as the field's type; an integer is welcome where a float is wanted, nothing else is converted."""
    if get_origin(hint) is Literal:
        choices = get_args(hint)
        require(value in choices, name, f"{value!r} is unknown", f"Choose one of {', '.join(map(repr, choices))}")
        return value
    if isinstance(hint, UnionType):
        # Only `… | None` occurs.
        return None if value is None else _typed(name, value, next(arg for arg in get_args(hint) if arg is not NoneType))
    if get_origin(hint) is tuple:
        # Only `tuple[…, ...]` occurs; JSON knows lists.
        require(isinstance(value, list | tuple), name, f"{value!r} is no list", "Give a list, such as [4,8]")
        return tuple(_typed(name, item, get_args(hint)[0]) for item in value)
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        require(abs(value) < 2**63, name, f"{value} is too large", "Give a smaller number")
        value = float(value)
    expected = get_origin(hint) or hint
    fits = isinstance(value, expected) and not (isinstance(value, bool) and hint is not bool)
    message, remedy = f"{value!r} is not of type {getattr(hint, '__name__', hint)}", f"Give {EXAMPLES.get(expected, 'another')}"
    require(fits, name, message, remedy)
    if isinstance(value, float):
        require(math.isfinite(value), name, f"{value} is not finite", "Give a finite number")
    return value
