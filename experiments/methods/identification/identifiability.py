"""What a configuration can identify at best, before anything is trained: a rule of the loss and the space of the codes."""

from typing import Literal, Protocol

from experiments.methods.identification.configuration import DOT, Configuration
from model_zoo.sources.perceptron import OutputSpace

Identified = Literal["permutation", "rotation"]
"""Up to a permutation with signs and scales, or up to a rotation (and a scale) only."""


class Model(Protocol):
    """What matters of a configuration, be it of latents or of images."""

    @property
    def supervision(self) -> str:
        """`pairs` or `latents`."""

    @property
    def output(self) -> OutputSpace:
        """Space of the codes."""

    @property
    def power(self) -> float:
        """Of the distance; 0 is the dot product."""


EQUAL = (
    "latents of equal precision are told apart by nothing: they can be identified up to a rotation among themselves; "
    "R² says whether they are, an MCC below 1 says nothing"
)


def identified(model: Model) -> Identified:
    """The ambiguity that the loss leaves: every change of the codes that it does not see.

    The dot product and the squared distance are the same for rotated codes. A box has few rotations that keep it: there the
    squared distance, too, leaves permutations alone (Zimmermann et al. 2021, Table 2). Precisions that differ by dimension break
    the rotation as well. Other powers of distances are kept by permutations and signs only.
    """
    if model.supervision == "latents" or model.output == "box" or model.power not in (DOT, 2.0):
        return "permutation"
    if isinstance(model, Configuration) and model.precisions == "diagonal" and len(set(model.spectrum)) == model.latents:
        return "permutation"
    return "rotation"


def warning_of(model: Model) -> str:
    """A sentence on a configuration that cannot identify single latents; empty for one that can."""
    if identified(model) == "permutation":
        return ""
    if isinstance(model, Configuration) and model.precisions == "diagonal":
        return EQUAL
    loss = "a dot product" if model.power == DOT else "a squared distance"
    where = "in an unbounded space" if model.output == "unbounded" else "on a sphere"
    return (
        f"{loss} of codes {where} is the same for rotated codes: latents can be identified up to a rotation only; "
        "R² says whether they are, an MCC below 1 says nothing"
    )
