"""What a person should know beside the pictures of an artifact, in words. Shown by the command line and the unit's page."""

from collections.abc import Mapping
from typing import Any

from experiments.contract.artifacts import Manifest

DEAD = "The unit is dead: its activation is the same whatever it is shown."
NOT_ACTIVE = "This image does not activate the unit: its activation is 0."
OF_ONE_IMAGE = ("occlusion", "blur", "attribution")
LARGE_GAP = 0.05
"""Of integrated gradients, as a share of the activation that they should add up to."""


def flags(made: Manifest) -> list[str]:
    """A sentence for each thing that the numbers of an artifact say against its pictures."""
    found = [_dead(made), _below_nature(made.values), _gap(made.values)]
    if "cut_to" in made.values:
        width, height = made.values["cut_from"]
        found.append(f"The image, of {width} x {height} px, was cut to the square of {made.values['cut_to']} px in its middle.")
    if made.values.get("extremes_may_differ"):
        found.append("The extremes were searched coarse to fine, and a sample of the other positions holds a greater one.")
    return [sentence for sentence in found if sentence]


def _dead(made: Manifest) -> str:
    """Of a unit; a visualization tells it of each image, and the unit is dead if none came to life."""
    told = made.values.get("dead", False)
    is_dead = told if isinstance(told, bool) else bool(told) and all(told)
    return (NOT_ACTIVE if made.recipe["kind"] in OF_ONE_IMAGE else DEAD) if is_dead else ""


def _below_nature(values: Mapping[str, Any]) -> str:
    beats = values.get("beats_natural")
    if not isinstance(beats, list) or all(beats):
        return ""
    return (
        f"{beats.count(False)} of {len(beats)} images stay below the exemplars: none of these is more extreme than the best "
        f"natural one ({values['best_natural']:.3g})."
    )


def _gap(values: Mapping[str, Any]) -> str:
    gap, base = values.get("completeness_gap"), values.get("base", 0.0)
    if gap is None or abs(gap) <= LARGE_GAP * abs(base):
        return ""
    return f"The attributions miss the activation, {base:.3g}, by {gap:.3g}: more steps bring them closer."
