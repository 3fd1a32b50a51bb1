"""Augmentations of contrastive learning with known parameters: crop, flip, color, gray, blur. Called by experiments on images.

The parameters of a view are drawn first and applied to whole batches afterwards, so that probes can be asked what they were.
"""

import dataclasses
import math
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from torch.nn import functional

from experiments.contract.fields import require, require_range

LUMINANCE = (0.2989, 0.587, 0.114)
"""Weights of red, green and blue (ITU-R BT.601), as torchvision has them."""
CHROMA = ((0.5959, -0.2746, -0.3213), (0.2115, -0.5227, 0.3112))
"""The in-phase and quadrature axes of YIQ, in whose plane hue is an angle."""
BLUR_SHARE = 0.1
"""Length of the blur's kernel as a share of the side (Chen et al. 2020, appendix A)."""


@dataclass(frozen=True, kw_only=True)
class AugmentationLaw:
    """How parameters are drawn; the defaults are those of SimCLR with half its color jitter (Chen et al. 2020, appendix A)."""

    smallest: float = 0.2
    """Share of the area that a crop shows at least; at most all of it."""
    flip: float = 0.5
    """Probability, as are the next three."""
    jitter: float = 0.8
    gray: float = 0.2
    blur: float = 0.5
    brightness: float = 0.4
    """The factor lies in [1 - this, 1 + this]; so do those of contrast and saturation."""
    contrast: float = 0.4
    saturation: float = 0.4
    hue: float = 0.1
    """Largest turn in either direction; 1 is a full turn."""
    sharpest: float = 0.1
    """px, the smallest standard deviation of the blur."""
    softest: float = 2.0
    """px, the largest."""

    def __post_init__(self) -> None:
        for name in ("flip", "jitter", "gray", "blur", "brightness", "contrast", "saturation"):
            require_range(self, name, 0, 1)
        require_range(self, "hue", 0, 0.5)
        require(0 < self.smallest <= 1, "smallest", f"{self.smallest} is no share of an area", "Give a number in (0, 1]")
        ordered = 0 < self.sharpest <= self.softest
        require(ordered, "softest", "blurs go from sharpest to softest", "Give 0 < sharpest <= softest")


@dataclass(frozen=True, kw_only=True, eq=False)
class Augmentations:
    """What is done to each image of a batch. Where jitter or blur are not applied, their parameters are those of no change."""

    scale: Float[Tensor, " batch"]
    """Side of the crop, as a share of the image's."""
    horizontal: Float[Tensor, " batch"]
    """Center of the crop, in [-1, 1] across the image."""
    vertical: Float[Tensor, " batch"]
    flipped: Bool[Tensor, " batch"]
    jittered: Bool[Tensor, " batch"]
    brightness: Float[Tensor, " batch"]
    contrast: Float[Tensor, " batch"]
    saturation: Float[Tensor, " batch"]
    hue: Float[Tensor, " batch"]
    """Turns."""
    grayed: Bool[Tensor, " batch"]
    blurred: Bool[Tensor, " batch"]
    sigma: Float[Tensor, " batch"]
    """px of the view; 0 where it is not blurred."""

    def part(self, rows: slice | Int[Tensor, " image"]) -> "Augmentations":
        """Those of some images."""
        return Augmentations(**{field.name: getattr(self, field.name)[rows] for field in dataclasses.fields(self)})

    def to(self, device: str) -> "Augmentations":
        """The same on a device."""
        return Augmentations(**{field.name: getattr(self, field.name).to(device) for field in dataclasses.fields(self)})


def draw_augmentations(law: AugmentationLaw, count: int, *, generator: torch.Generator) -> Augmentations:
    """Parameters for `count` images, on the generator's device."""

    def uniform(low: float, high: float) -> Float[Tensor, " batch"]:
        return low + (high - low) * torch.rand(count, generator=generator, device=generator.device)

    scale = uniform(law.smallest, 1).sqrt()
    horizontal, vertical = uniform(-1, 1) * (1 - scale), uniform(-1, 1) * (1 - scale)
    flipped, jittered, grayed, blurred = (uniform(0, 1) < chance for chance in (law.flip, law.jitter, law.gray, law.blur))
    factors = [
        torch.where(jittered, uniform(1 - width, 1 + width), 1.0) for width in (law.brightness, law.contrast, law.saturation)
    ]
    return Augmentations(
        scale=scale,
        horizontal=horizontal,
        vertical=vertical,
        flipped=flipped,
        jittered=jittered,
        brightness=factors[0],
        contrast=factors[1],
        saturation=factors[2],
        hue=torch.where(jittered, uniform(-law.hue, law.hue), 0.0),
        grayed=grayed,
        blurred=blurred,
        sigma=torch.where(blurred, uniform(law.sharpest, law.softest), 0.0),
    )


def augment(
    images: Float[Tensor, "batch 3 height height"], applied: Augmentations, *, side: int
) -> Float[Tensor, "batch 3 side side"]:
    """Views of RGB images in [0, 1], `side` px square and in [0, 1]: cropped, flipped, colored, blurred, in this order."""
    views = _cropped(images, applied, side=side)
    views = (views * _column(applied.brightness)).clamp(0, 1)
    means = _luminance(views).mean(dim=(1, 2, 3), keepdim=True)
    views = (means + _column(applied.contrast) * (views - means)).clamp(0, 1)
    saturation = torch.where(applied.grayed, 0.0, applied.saturation)
    views = _turned(views, saturation=saturation, turns=applied.hue).clamp(0, 1)
    return _blurred(views, applied.sigma, reach=max(1, round(BLUR_SHARE * side / 2)))


def resized(images: Float[Tensor, "batch 3 height height"], *, side: int) -> Float[Tensor, "batch 3 side side"]:
    """The whole images, as a crop of everything without any other change shows them."""
    still = torch.ones(len(images), device=images.device)
    return _sampled(images, scale=still, mirror=still, horizontal=0 * still, vertical=0 * still, side=side)


def _cropped(images: Tensor, applied: Augmentations, *, side: int) -> Float[Tensor, "batch 3 side side"]:
    mirror = torch.where(applied.flipped, -1.0, 1.0)
    places = {"horizontal": applied.horizontal, "vertical": applied.vertical}
    return _sampled(images, scale=applied.scale, mirror=mirror, side=side, **places)


def _sampled(
    images: Tensor, *, scale: Tensor, mirror: Tensor, horizontal: Tensor, vertical: Tensor, side: int
) -> Float[Tensor, "batch 3 side side"]:
    none = torch.zeros_like(scale)
    rows = (torch.stack((scale * mirror, none, horizontal), dim=1), torch.stack((none, scale, vertical), dim=1))
    grid = functional.affine_grid(torch.stack(rows, dim=1), [len(images), 3, side, side], align_corners=False)
    return functional.grid_sample(images, grid, mode="bilinear", padding_mode="reflection", align_corners=False)


def _turned(views: Tensor, *, saturation: Tensor, turns: Tensor) -> Float[Tensor, "batch 3 side side"]:
    """Chroma times saturation and turned by the hue's angle; one linear map of the colors for each image."""
    to_chroma = torch.tensor((LUMINANCE, *CHROMA), device=views.device)
    cosine, sine = saturation * torch.cos(2 * math.pi * turns), saturation * torch.sin(2 * math.pi * turns)
    none, one = torch.zeros_like(turns), torch.ones_like(turns)
    turn = torch.stack((one, none, none, none, cosine, -sine, none, sine, cosine), dim=1).view(-1, 3, 3)
    return torch.einsum("bij,bjhw->bihw", torch.linalg.inv(to_chroma) @ turn @ to_chroma, views)


def _blurred(views: Tensor, sigma: Tensor, *, reach: int) -> Float[Tensor, "batch 3 side side"]:
    """Gaussian blur of each image by its own sigma, 0 for none; the kernel has 2 reach + 1 taps, borders are reflected.

    As a matrix for the rows and the columns of each image, which for small images is far quicker than shifting them.
    """
    side = views.shape[-1]
    offsets = torch.arange(-reach, reach + 1, device=views.device)
    # So narrow a bell where there is no blur that only the tap in the middle is not 0.
    weights = torch.exp(-0.5 * (offsets / sigma[:, None].clamp(min=1e-3)) ** 2)
    weights = weights / weights.sum(dim=1, keepdim=True)
    identity = torch.eye(side, device=views.device)
    # Row i of the padded identity picks the pixel that stands at i - reach of the reflected image.
    padded = torch.cat((identity[1 : reach + 1].flip(0), identity, identity[-reach - 1 : -1].flip(0)))
    matrices = torch.einsum("bt,tij->bij", weights, padded.unfold(0, side, 1).permute(0, 2, 1))
    return torch.einsum("bik,bckl,bjl->bcij", matrices, views, matrices)


def _luminance(views: Tensor) -> Float[Tensor, "batch 1 side side"]:
    weights = torch.tensor(LUMINANCE, device=views.device).view(1, 3, 1, 1)
    return (weights * views).sum(dim=1, keepdim=True)


def _column(values: Float[Tensor, " batch"]) -> Float[Tensor, "batch 1 1 1"]:
    return values.view(-1, 1, 1, 1)
