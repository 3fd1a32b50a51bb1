"""The pictures of an artifact in groups with captions, and what its numbers say that a person should not overlook."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.urls import reverse

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
OF_ONE_IMAGE = ("occlusion", "blur", "attribution")
DEAD = "The unit is dead: its activation is the same whatever it is shown."
NOT_ACTIVE = "This image does not activate the unit: its activation is 0."
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
        group = groups.setdefault(key, PictureGroup(title))
        group.pictures.append(_picture(artifact, file, title=title))
    return list(groups.values())


def thumbnail_of(artifact: Artifact) -> Picture | None:
    """The first image, if there is one."""
    return next((group.pictures[0] for group in pictures_of(artifact)), None)


def remarks_on(artifact: Artifact) -> list[str]:
    """What a person should know beside the pictures: a dead unit, a visualization weaker than nature, an approximation."""
    values = artifact.manifest["values"]
    found = []
    if _is_dead(values.get("dead", False)):
        found.append(NOT_ACTIVE if artifact.kind in OF_ONE_IMAGE else DEAD)
    beats = values.get("beats_natural", ()) if artifact.kind == "feature_visualization" else ()
    if not all(beats):
        found.append(
            f"{beats.count(False)} of {len(beats)} images stay below the exemplars: none of these is more extreme than the best "
            f"natural one ({values['best_natural']:.3g})."
        )
    if values.get("skipped") or values.get("unreadable_images"):
        lost = sum(shard["images_lost"] or 0 for shard in values.get("skipped", ())) + values.get("unreadable_images", 0)
        found.append(f"{lost} images of the pool could not be read, and are left out.")
    if values.get("extremes_may_differ"):
        found.append("The extremes were searched coarse to fine, and a sample of the other positions holds a greater one.")
    return found


def _is_dead(told: bool | Sequence[bool]) -> bool:
    """Of a unit; of a visualization that tells it of each image, whether none came to life."""
    return told if isinstance(told, bool) else bool(told) and all(told)


def _picture(artifact: Artifact, file: Mapping[str, Any], *, title: str) -> Picture:
    url = reverse("api:artifact-file", args=[artifact.digest, file["name"]])
    words = f"{artifact.words} {file['name'].replace('_', ' ')}"
    return Picture(url=url, words=f"{words}: {title}" if title else words, activation=file["about"].get("activation"))
