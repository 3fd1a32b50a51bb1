"""The pictures of an artifact in groups with captions, and what its numbers say that a person should not overlook."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.urls import reverse

from experiments.contract.flags import flags
from experiments.contract.pool_report import pool_report
from webapp.stimuli.models import Artifact

NUMBERED = re.compile(r"(?P<group>max|min|image)_[0-9]+")
TITLES: Mapping[tuple[str, str], str] = {
    ("exemplars", "max"): "Activate it most",
    ("exemplars", "min"): "Activate it least",
    ("feature_visualization", "image"): "",
    ("occlusion", "min"): "covered where it is least active",
    ("occlusion", "max"): "covered where it is most active",
    ("attribution", "map"): "red speaks for the unit, blue against it",
    ("attribution", "overlay"): "over the image",
    ("blur", "min"): "sharp where it is least active",
    ("blur", "max"): "sharp where it is most active",
}
SQUARES = {"occlusion": "covers the image", "blur": "alone shows it sharp"}
"""What the square does whose positions a map shows, by kind."""
NAMES = {"base": "the image", "map": "activation by position of the square"}


@dataclass(frozen=True)
class Picture:
    """An image of an artifact."""

    url: str
    words: str
    """What it is, for the alternative text."""
    activation: float | None


@dataclass
class PictureGroup:
    """Images of one sort."""

    title: str
    legend: str = ""
    """What the shades of a map mean; empty for other images."""
    pictures: list[Picture] = field(default_factory=list)


def pictures_of(artifact: Artifact) -> list[PictureGroup]:
    """All images: those numbered in one group a series, others each with a title of its own."""
    groups: dict[str, PictureGroup] = {}
    for file in artifact.manifest["files"]:
        if not file["media_type"].startswith("image/"):
            continue
        numbered = NUMBERED.match(file["name"])
        key = numbered["group"] if numbered else file["name"]
        title = TITLES.get((artifact.kind, key), NAMES.get(key, key.replace("_", " ")))
        group = groups.setdefault(key, PictureGroup(title, legend=_legend(artifact) if key == "map" else ""))
        group.pictures.append(_picture(artifact, file, title=title))
    return list(groups.values())


def thumbnail_of(artifact: Artifact) -> Picture | None:
    """The first image, if there is one."""
    return next((group.pictures[0] for group in pictures_of(artifact)), None)


def remarks_on(artifact: Artifact) -> list[str]:
    """What a person should know beside the pictures."""
    made = artifact.read_manifest()
    return [*flags(made), *pool_report(made.values)]


def _legend(artifact: Artifact) -> str:
    """In words, light and dark in the map of a square's positions, with the numbers behind them."""
    values, square = artifact.manifest["values"], SQUARES.get(artifact.kind)
    if square is None or not {"min", "max", "base"} <= values.keys():
        return ""
    return (
        f"In the map, each place tells how active the unit is when the square {square} there: the darker the less, "
        f"from {values['min']:.3g} (black) to {values['max']:.3g} (white). The whole image gives {values['base']:.3g}."
    )


def _picture(artifact: Artifact, file: Mapping[str, Any], *, title: str) -> Picture:
    url = reverse("api:artifact-file", args=[artifact.digest, file["name"]])
    words = f"{artifact.words} {file['name'].replace('_', ' ')}"
    return Picture(url=url, words=f"{words}: {title}" if title else words, activation=file["about"].get("activation"))
