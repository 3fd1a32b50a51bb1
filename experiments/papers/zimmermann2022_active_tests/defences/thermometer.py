"""Thermometer codes (Buckman et al. 2018): the network sees which thresholds a color exceeds, which has no gradient."""

from typing import cast

from jaxtyping import Float
from torch import Tensor

from experiments.papers.zimmermann2022_active_tests.classifiers.on_pixels import OnPixels
from experiments.papers.zimmermann2022_active_tests.defences.defended import (
    Attempt,
    Defended,
    Threat,
    Undefended,
    projected,
    usual_attempts,
)
from experiments.papers.zimmermann2022_active_tests.defences.stand_ins import Exchanging, StraightThrough
from model_zoo.sources.wide_readout import Thermometer, WideReadout


def defend(undefended: Undefended, threat: Threat) -> Defended:
    """The adequate attack differentiates a code that rises with the color from each threshold on (Athalye et al. 2018, 4.2)."""
    network = cast(WideReadout, cast(OnPixels, undefended.model).network)
    code = cast(Thermometer, network.encode)

    def rising(images: Float[Tensor, "batch 3 height width"]) -> Float[Tensor, "batch code height width"]:
        return code.excess(images).clamp(0, 1).flatten(1, 2)

    through = StraightThrough(code, gradient_of=rising)
    attack = Exchanging(attack=projected(threat, steps=threat.steps), parent=network, part="encode", stand_in=through)
    adequate = Attempt(attack=attack, queries=threat.steps, title=f"BPDA, PGD, {threat.steps} steps")
    attempts = {**usual_attempts(threat), "adequate": adequate}
    return Defended(model=undefended.model.eval(), attempts=attempts, original="plain", adequate="adequate")
