"""The report of a circuit's verification as people read it: numbers with their names, figures, the way to its model."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from webapp.stimuli.models import Artifact
from webapp.stimuli.selectors import artifact_file

REPORT = "report.json"
SAID_ELSEWHERE = ("published", "reasons", "checks", "model")


@dataclass(frozen=True, kw_only=True)
class Row:
    """A number or a word of the report."""

    name: str
    """The names on the way to it, joined by colons."""
    value: str


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A figure of the report."""

    url: str
    caption: str


def report_rows(artifact: Artifact) -> list[Row]:
    """Every number of `report.json`, in its order, but for the verdict and its checks; empty if there is no report."""
    found = artifact_file(artifact, REPORT)
    report = json.loads(found[1]) if found else {}
    return list(_rows({name: value for name, value in report.items() if name not in SAID_ELSEWHERE}, way=()))


def report_figures(artifact: Artifact) -> list[Figure]:
    """All images of the artifact, with what their columns show."""
    return [
        Figure(
            url=reverse("api:artifact-file", args=[artifact.digest, file["name"]]),
            caption=": ".join([_words(file["name"].partition(".")[0]), *([", ".join(columns)] if columns else [])]),
        )
        for file in artifact.manifest["files"]
        if file["media_type"].startswith("image/")
        for columns in [file["about"].get("columns", [])]
    ]


def _rows(value: Any, *, way: tuple[str, ...]) -> Iterator[Row]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _rows(inner, way=(*way, _words(str(name))))
    else:
        yield Row(name=": ".join(way), value=_text(value))


def _text(value: Any) -> str:
    """A value as people write it."""
    if value is None:
        return "not measured"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ", ".join(_text(one) for one in value) or "none"
    return json.dumps(value) if isinstance(value, Mapping) else str(value)


def _words(name: str) -> str:
    return name.replace("_", " ")
