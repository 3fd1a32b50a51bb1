"""Rules that predict without seeing the unit which of two occluded copies of an image activates it more.

They are the baselines of Zimmermann et al. 2021: whoever follows one needs no references.
"""

from collections.abc import Mapping

import numpy as np
from jaxtyping import UInt8

from experiments.methods.sliding_square import square
from experiments.methods.spectral_residual import spectral_residual
from model_zoo.incremental.reading import Position

COPIES = ("min", "max")
"""The copies, by what the unit makes of them."""


def rule_choices(
    pixels: UInt8[np.ndarray, "side side 3"], *, positions: Mapping[str, Position], patch: int, size: int
) -> dict[str, str | None]:
    """The copy that each rule chooses, `min` or `max`, by the place of its square; None where both are equal to the rule.

    `center`: the square that lies farther from the center. `variance`: the square that covers the lower standard deviation
    (of all channels together). `saliency`: the square that covers the lower mean saliency.

    Args:
        pixels: The whole image as it is shown.
        positions: Of the square in each copy, in px as the network sees it.
        patch: Side of the square in px as the network sees it.
        size: Side of the image in px as the network sees it.
    """
    saliency = spectral_residual(pixels)
    squares = {copy: square(positions[copy], patch=patch, scale=len(pixels) / size) for copy in COPIES}
    return {
        "center": _least({copy: -_from_center(positions[copy], patch=patch, size=size) for copy in COPIES}),
        "variance": _least({copy: float((pixels[squares[copy]] / 255).std()) for copy in COPIES}),
        "saliency": _least({copy: float(saliency[squares[copy]].mean()) for copy in COPIES}),
    }


def _from_center(position: Position, *, patch: int, size: int) -> float:
    """Squared distance in px from the image's center, (size - 1) / 2, to the square's, start + patch / 2, as published."""
    return sum((start + patch / 2 - (size - 1) / 2) ** 2 for start in position)


def _least(values: Mapping[str, float]) -> str | None:
    if values["min"] == values["max"]:
        return None
    return min(COPIES, key=lambda copy: values[copy])
