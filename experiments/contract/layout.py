"""What the designs' layouts share: how they name a stimulus set, and where the images of a two-alternative choice stand."""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from experiments.contract.designs import ImageRef

DigestOf: TypeAlias = Callable[[str, str], str]
"""The digest of the stimulus set of a part for a unit."""


def two_afc_images(
    *, references: Mapping[str, Sequence[ImageRef]], least: ImageRef, most: ImageRef, correct: str
) -> dict[str, ImageRef]:
    """The images of a trial by place.

    `references` holds those of the groups `left` and `right`, in the order of the screen; a group may be missing. `most`
    is the query that is right and stands where `correct` says, `upper` or `lower`.
    """
    images = {f"{side}_{i}": image for side, group in references.items() for i, image in enumerate(group)}
    upper, lower = (most, least) if correct == "upper" else (least, most)
    return {**images, "query_upper": upper, "query_lower": lower}
