"""Random jitter, scaling and rotation of images during optimization, composed into one resampling.

What comes into view from beyond the image is middle gray. Each image of a batch gets its own transform.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

GRAY = 0.5


@dataclass(frozen=True, kw_only=True)
class Transforms:
    """A distribution of transforms and the room that they need."""

    jitter: tuple[int, int]
    """Whole px: so many places before and after scaling and rotation."""
    scales: Sequence[float]
    angles: Sequence[float]
    """Degrees."""
    canvas_margin: int
    """px by which the optimized canvas is larger on each side than the final image, which is its center."""
    view_margin: int
    """px by which the network sees more than the canvas on each side; less if negative."""

    def crop(self, canvas: Float[Tensor, "batch 3 canvas canvas"]) -> Float[Tensor, "batch 3 side side"]:
        """The final image within the optimized canvas."""
        margin, side = self.canvas_margin, canvas.shape[-1]
        return canvas[:, :, margin : side - margin, margin : side - margin]

    def view(
        self, canvas: Float[Tensor, "batch 3 canvas canvas"], *, side: int, generator: torch.Generator
    ) -> Float[Tensor, "batch 3 side side"]:
        """What the network sees of the canvas in one step."""
        matrices = self._draw(canvas.shape[0], canvas.shape[-1], generator=generator).to(canvas.device)
        grid = functional.affine_grid(matrices, [canvas.shape[0], 3, side, side], align_corners=False)
        return functional.grid_sample(canvas - GRAY, grid, padding_mode="zeros", align_corners=False) + GRAY

    def _draw(self, batch: int, canvas: int, *, generator: torch.Generator) -> Float[Tensor, "batch 2 3"]:
        """Affine maps from the view to the canvas, in the units of `affine_grid`."""
        magnification = _pick(self.scales, batch, generator) * canvas / (canvas + 2 * self.view_margin)
        angle = _pick(self.angles, batch, generator) * math.pi / 180
        first, second = (torch.randint(steps, (batch, 2), generator=generator) - steps // 2 for steps in self.jitter)
        rotation = torch.stack([angle.cos(), -angle.sin(), angle.sin(), angle.cos()], dim=1).view(batch, 2, 2)
        linear = rotation / magnification[:, None, None]
        shift = (linear @ second[..., None].float() + first[..., None]) * 2 / canvas
        return torch.cat([linear, shift], dim=2)


def _pick(values: Sequence[float], count: int, generator: torch.Generator) -> Float[Tensor, " count"]:
    return torch.tensor(values)[torch.randint(len(values), (count,), generator=generator)]


TRANSFORMS: Mapping[str, Transforms | None] = {
    # Those of lucent, whose padded images are shrunk to the size that the network sees.
    "standard": Transforms(
        jitter=(8, 4),
        scales=[1 + (i - 5) / 50 for i in range(11)],
        angles=[*range(-10, 11), *[0] * 5],
        canvas_margin=0,
        view_margin=12,
    ),
    # Those of Zimmermann et al. 2021: a larger canvas is optimized, its center is seen.
    "published": Transforms(
        jitter=(16, 8),
        scales=[1, 0.975, 1.025, 0.95, 1.05],
        angles=list(range(-5, 6)),
        canvas_margin=16,
        view_margin=-16,
    ),
    "none": None,
}
