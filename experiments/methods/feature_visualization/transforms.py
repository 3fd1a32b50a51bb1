"""Random views of images during optimization: jitter, scaling and rotation composed into one resampling, or crops with noise.

What comes into view from beyond the image is middle gray. Each image of a batch gets its own view, drawn from its own stream.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

GRAY = 0.5


class Views(Protocol):
    """A distribution of views and the room that they need."""

    @property
    def canvas_margin(self) -> int:
        """By how many px the optimized canvas is larger on each side than the final image, which is its center."""

    def view(
        self, canvas: Float[Tensor, "batch 3 canvas canvas"], *, side: int, streams: Sequence[torch.Generator]
    ) -> Float[Tensor, "batch 3 side side"]:
        """What the network sees of the canvas in one step."""


@dataclass(frozen=True, kw_only=True)
class Transforms:
    """Jitter, scaling, rotation and jitter again."""

    jitter: tuple[int, int]
    """Whole px: so many places before and after scaling and rotation."""
    scales: Sequence[float]
    angles: Sequence[float]
    """Degrees."""
    canvas_margin: int
    view_margin: int
    """px by which the network sees more than the canvas on each side; less if negative."""

    def view(
        self, canvas: Float[Tensor, "batch 3 canvas canvas"], *, side: int, streams: Sequence[torch.Generator]
    ) -> Float[Tensor, "batch 3 side side"]:
        """What the network sees of the canvas in one step."""
        return _resample(canvas, self._draw(canvas.shape[-1], streams=streams), side=side)

    def _draw(self, canvas: int, *, streams: Sequence[torch.Generator]) -> Float[Tensor, "batch 2 3"]:
        """Affine maps from the view to the canvas, in the units of `affine_grid`."""
        draws = torch.stack([torch.rand(6, generator=stream) for stream in streams])
        magnification = _pick(self.scales, draws[:, 0]) * canvas / (canvas + 2 * self.view_margin)
        angle = _pick(self.angles, draws[:, 1]) * math.pi / 180
        first, second = ((draws[:, 2 * i + 2 : 2 * i + 4] * places).floor() - places // 2 for i, places in enumerate(self.jitter))
        rotation = torch.stack([angle.cos(), -angle.sin(), angle.sin(), angle.cos()], dim=1).view(-1, 2, 2)
        linear = rotation / magnification[:, None, None]
        shift = (linear @ second[..., None] + first[..., None]) * 2 / canvas
        return torch.cat([linear, shift], dim=2)


@dataclass(frozen=True, kw_only=True)
class Crops:
    """Square crops anywhere within the canvas, enlarged, with noise added."""

    shares: tuple[float, float]
    """Least and greatest side of a crop, as shares of the canvas's."""
    noise: float
    """Standard deviation, in units of RGB from 0 to 1."""
    canvas_margin: int = 0

    def view(
        self, canvas: Float[Tensor, "batch 3 canvas canvas"], *, side: int, streams: Sequence[torch.Generator]
    ) -> Float[Tensor, "batch 3 side side"]:
        """What the network sees of the canvas in one step."""
        draws = torch.stack([torch.rand(3, generator=stream) for stream in streams])
        low, high = self.shares
        share = (low + (high - low) * draws[:, 0])[:, None, None]
        shift = (2 * draws[:, 1:, None] - 1) * (1 - share)
        seen = _resample(canvas, torch.cat([torch.eye(2) * share, shift], dim=2), side=side)
        noise = torch.stack([torch.randn(3, side, side, generator=stream) for stream in streams])
        return seen + self.noise * noise.to(seen.device)


@dataclass(frozen=True, kw_only=True)
class Unchanged:
    """The canvas itself."""

    canvas_margin: int = 0

    def view(
        self, canvas: Float[Tensor, "batch 3 canvas canvas"], *, side: int, streams: Sequence[torch.Generator]
    ) -> Float[Tensor, "batch 3 side side"]:
        """The canvas, whose side must be that asked for."""
        return canvas


def crop(canvas: Float[Tensor, "batch 3 canvas canvas"], *, margin: int) -> Float[Tensor, "batch 3 side side"]:
    """The final image within the optimized canvas."""
    side = canvas.shape[-1]
    return canvas[:, :, margin : side - margin, margin : side - margin]


def _resample(
    canvas: Float[Tensor, "batch 3 canvas canvas"], matrices: Float[Tensor, "batch 2 3"], *, side: int
) -> Float[Tensor, "batch 3 side side"]:
    centers = (torch.arange(side) * 2 + 1) / side - 1
    # Row and column contribute apart, so that one addition makes the grid; `affine_grid` multiplies matrices at every pixel.
    across = matrices[:, None, None, :, 0] * centers[None, None, :, None]
    down = matrices[:, None, None, :, 1] * centers[None, :, None, None] + matrices[:, None, None, :, 2]
    grid = across.to(canvas.device) + down.to(canvas.device)
    return functional.grid_sample(canvas - GRAY, grid, padding_mode="zeros", align_corners=False) + GRAY


def _pick(values: Sequence[float], draws: Float[Tensor, " batch"]) -> Float[Tensor, " batch"]:
    return torch.tensor(values)[(draws * len(values)).long()]


TRANSFORMS: Mapping[str, Views] = {
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
    "none": Unchanged(),
}
MACO_CROPS = Crops(shares=(0.6, 1.0), noise=0.05)
"""In the place of the other parametrizations' transforms; the published crops, a quarter of 1,280 px, are for larger images."""
