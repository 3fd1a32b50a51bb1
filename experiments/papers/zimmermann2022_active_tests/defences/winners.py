"""k-winners-take-all (Xiao et al. 2020): activations that jump, so that a gradient says little of its surroundings."""

from experiments.papers.zimmermann2022_active_tests.defences.defended import (
    Attempt,
    Defended,
    Threat,
    Undefended,
    projected,
    usual_attempts,
)
from experiments.papers.zimmermann2022_active_tests.defences.stand_ins import OnAverage

PASSES = 16
DEVIATION = 0.5
"""Of the noise, in eps."""


def defend(undefended: Undefended, threat: Threat) -> Defended:
    """The adequate attack follows the gradient of the mean over noisy copies of the image (Tramèr et al. 2020, section 5)."""
    smooth = OnAverage(
        attack=projected(threat, steps=threat.steps), passes=PASSES, deviation=DEVIATION * threat.eps, seed=threat.seed
    )
    adequate = Attempt(attack=smooth, queries=PASSES * threat.steps, title=f"averaged gradients of {PASSES} noisy copies")
    attempts = {**usual_attempts(threat), "adequate": adequate}
    return Defended(model=undefended.model.eval(), attempts=attempts, original="plain", adequate="adequate")
