"""All of a trial but its pixels, as numbers: words of the plan, headers, sizes, times, order, what files carry besides.

Used by the adversary. Left out on purpose, because it is the image itself: which files are the same, here or in other trials.
"""

import math
import struct
from collections import Counter
from collections.abc import Iterator, Mapping
from email.utils import parsedate_to_datetime
from typing import Any

from experiments.methods.observers.seen import QUERY, SeenImage, SeenTrial

Numbers = dict[str, float]
SIGNATURE = 8
MAX_LETTERS = 300
LETTER = " has letter "
LARGEST = 1e12
HEX_DIGITS = 13
"""So many hexadecimal digits fit into a float."""


def trial_traffic(trial: SeenTrial) -> Numbers:
    """What might tell the side: the first query minus the second, and what concerns the trial as a whole."""
    first, second = (_about(trial, QUERY + choice) for choice in trial.pair)
    queries = {f"queries {name}": first.get(name, 0.0) - second.get(name, 0.0) for name in {*first, *second}}
    words = {name: value for name, value in trial.plan.items() if name != "images"}
    return {**queries, "number": float(trial.number), **_described("trial", words), **_groups(trial)}


def _groups(trial: SeenTrial) -> Numbers:
    """The mean over each group of images that are no queries, such as the left references; letters would say no more."""
    grouped: dict[str, list[Numbers]] = {}
    for place in trial.images:
        if not place.startswith(QUERY):
            grouped.setdefault(place.rpartition("_")[0] or place, []).append(_about(trial, place))
    return {
        f"{group} {name}": sum(about.get(name, 0.0) for about in members) / len(members)
        for group, members in grouped.items()
        for name in set().union(*members)
        if LETTER not in name
    }


def _about(trial: SeenTrial, place: str) -> Numbers:
    """One image: where it stands in the plan, what the plan and the response said of it, and the file around the pixels."""
    image = trial.images[place]
    return {
        "order": float(list(trial.images).index(place)),
        "seconds": math.log(max(image.seconds, 1e-6)),
        "length": float(len(image.content)),
        **_described("plan", trial.plan.get("images", {}).get(place, {})),
        **_described("headers", dict(image.headers)),
        **_described("url", image.url),
        **_anatomy(image),
    }


def _described(name: str, value: Any) -> Numbers:
    """A JSON value as numbers: numbers as they are, of a text its length, its letters, and the number or date that it is."""
    if isinstance(value, Mapping):
        return {key: number for word in value for key, number in _described(f"{name}.{word}", value[word]).items()}
    if isinstance(value, list):
        return {key: number for i, item in enumerate(value) for key, number in _described(f"{name}.{i}", item).items()}
    if isinstance(value, bool | int | float):
        return {name: float(max(-LARGEST, min(LARGEST, value)))}
    if not isinstance(value, str):
        return {}
    letters = {f"{name}{LETTER}{letter}": float(count) for letter, count in Counter(value[:MAX_LETTERS]).items()}
    number = _number(value)
    return {**letters, f"{name} letters": float(len(value)), **({} if number is None else {f"{name} says": number})}


def _number(text: str) -> float | None:
    """The finite number, the hexadecimal fraction or the date (in s) that a text is, if it is one."""
    plain = text.strip().strip('"').replace("-", "")
    if len(plain) >= HEX_DIGITS and all(letter in "0123456789abcdef" for letter in plain):
        return int(plain[:HEX_DIGITS], 16) / 16.0**HEX_DIGITS
    try:
        number = float(text)
    except ValueError:
        try:
            return float(parsedate_to_datetime(text).timestamp())
        except (ValueError, OverflowError):
            return None
    return number if abs(number) <= LARGEST else None


def _anatomy(image: SeenImage) -> Numbers:
    """The chunks of a PNG and what follows its end. The padding's length is the compressed size: that follows from the pixels."""
    numbers: Counter[str] = Counter()
    chunks = list(_chunks(image.content))
    for kind, start, _ in chunks:
        numbers[f"chunks {kind}"] += 1
        if kind == "IHDR":
            names = ("width", "height", "depth", "color", "compression", "filter", "interlace")
            fields = struct.unpack_from(">IIBBBBB", image.content, start)
            numbers.update(dict(zip(names, fields, strict=True)))
    tail = image.content[chunks[-1][2] :] if chunks else image.content
    numbers["padding"], numbers["padding that is not zero"] = len(tail), len(tail) - tail.count(0)
    return {name: float(value) for name, value in numbers.items()}


def _chunks(content: bytes) -> Iterator[tuple[str, int, int]]:
    """Kind, start of the data, and end (with checksum) of each chunk up to IEND; nothing for a file that is no PNG."""
    at = SIGNATURE
    while at + 12 <= len(content):
        length, kind = struct.unpack_from(">I4s", content, at)
        at += 12 + length
        if at > len(content):
            return
        yield kind.decode("latin-1"), at - length - 4, at
        if kind == b"IEND":
            return
