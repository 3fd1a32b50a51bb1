"""A randomized input transformation: each pass sees the image of another size, place and noise (Xie et al. 2018)."""

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from experiments.papers.zimmermann2022_active_tests.defences.defended import (
    Attempt,
    Defended,
    Threat,
    Undefended,
    projected,
    usual_attempts,
)
from experiments.papers.zimmermann2022_active_tests.defences.stand_ins import Behind, Exchanging, OnAverage

SMALLEST = 0.95
"""Size of the shown image, of its own."""
FARTHEST = 0.03
"""Shift of its middle, of its side."""
NOISE = 0.03
PASSES = 10
REPEATS = 9
"""An odd number: more than half of the passes decide."""


class RandomInput(nn.Module):
    """Draws anew for every image and pass, from torch's global generator, whose seed is that of whoever judges or attacks."""

    def forward(self, images: Float[Tensor, "batch 3 side side"]) -> Float[Tensor, "batch 3 side side"]:
        """Smaller and shifted images on black, with noise."""
        scale = 1 / (SMALLEST + (1 - SMALLEST) * torch.rand(len(images)))
        maps = torch.zeros(len(images), 2, 3)
        maps[:, 0, 0], maps[:, 1, 1] = scale, scale
        # Of coordinates that go from -1 to 1: twice the share of the side.
        maps[:, :, 2] = 2 * FARTHEST * (2 * torch.rand(len(images), 2) - 1)
        grid = functional.affine_grid(maps.to(images.device), list(images.shape), align_corners=False)
        shown = functional.grid_sample(images, grid, align_corners=False)
        return shown + NOISE * torch.randn(images.shape).to(images.device)


def defend(undefended: Undefended, threat: Threat) -> Defended:
    """Originally attacked without the transformation, of which an attacker was thought not to know; adequately on average."""
    model = Behind(RandomInput(), undefended.model).eval()
    attack = projected(threat, steps=threat.steps)
    without = Exchanging(attack=attack, parent=model, part="transform", stand_in=nn.Identity())
    average = OnAverage(attack=attack, passes=PASSES)
    attempts = {
        **usual_attempts(threat),
        "original": Attempt(attack=without, queries=threat.steps, title="PGD on the network without the transformation"),
        "adequate": Attempt(attack=average, queries=PASSES * threat.steps, title=f"EOT of {PASSES} passes"),
    }
    return Defended(model=model, attempts=attempts, original="original", adequate="adequate", repeats=REPEATS)
