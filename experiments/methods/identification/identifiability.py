"""What a configuration can identify at best, before anything is trained: a rule of the loss and the space of the codes."""

from typing import Literal

from experiments.methods.identification.configuration import DOT, Configuration

Identified = Literal["permutation", "rotation"]
"""Up to a permutation with signs and scales, or up to a rotation (and a scale) only."""


def identified(configuration: Configuration) -> Identified:
    """The ambiguity that the loss leaves: every change of the codes that it does not see.

    The dot product and the squared distance are the same for rotated codes. A box has few rotations that keep it: there the
    squared distance, too, leaves permutations alone (Zimmermann et al. 2021, Table 2). Precisions that differ by dimension break the
    rotation as well. Other powers of distances are kept by permutations and signs only.
    """
    if configuration.supervision == "latents" or configuration.output == "box":
        return "permutation"
    if configuration.power not in (DOT, 2.0):
        return "permutation"
    is_anisotropic = configuration.precisions == "diagonal" and len(set(configuration.spectrum)) == configuration.latents
    return "permutation" if is_anisotropic else "rotation"


def warning_of(configuration: Configuration) -> str:
    """A sentence on a configuration that cannot identify single latents; empty for one that can."""
    if identified(configuration) == "permutation":
        return ""
    loss = "a dot product" if configuration.power == DOT else "a squared distance"
    where = {"sphere": "on a sphere", "free_sphere": "on a sphere", "unbounded": "in an unbounded space"}[configuration.output]
    return (
        f"{loss} of codes {where} is the same for rotated codes: latents can be identified up to a rotation only; "
        "R² says whether they are, an MCC below 1 says nothing"
    )
