"""Input quantization: colors are rounded to a few levels, so that gradients with regard to the image are 0."""

from functools import partial

from jaxtyping import Float
from torch import Tensor, nn

from experiments.papers.zimmermann2022_active_tests.defences.defended import (
    Attempt,
    Defended,
    Threat,
    Undefended,
    projected,
    usual_attempts,
)
from experiments.papers.zimmermann2022_active_tests.defences.stand_ins import Behind, Exchanging, StraightThrough

LEVELS = 8


class Quantization(nn.Module):
    """Rounds values of [0, 1] to `levels` of them."""

    def __init__(self, *, levels: int) -> None:
        super().__init__()
        self.steps = levels - 1

    def forward(self, images: Float[Tensor, "batch 3 side side"]) -> Float[Tensor, "batch 3 side side"]:
        """The images of few colors."""
        return (images * self.steps).round() / self.steps


def defend(undefended: Undefended, threat: Threat, *, levels: int = LEVELS) -> Defended:
    """The adequate attack takes rounding for the identity on its way back."""
    transform = Quantization(levels=levels)
    model = Behind(transform, undefended.model).eval()
    through = StraightThrough(transform, gradient_of=nn.Identity())
    attack = Exchanging(attack=projected(threat, steps=threat.steps), parent=model, part="transform", stand_in=through)
    adequate = Attempt(attack=attack, queries=threat.steps, title=f"BPDA, PGD, {threat.steps} steps")
    return Defended(
        model=model,
        attempts={**usual_attempts(threat), "adequate": adequate},
        original="plain",
        adequate="adequate",
        notes={"levels": levels},
    )


defend_finely = partial(defend, levels=32)
"""For smaller perturbations, which have to stay below the width of a level: otherwise rounding hides nothing."""
