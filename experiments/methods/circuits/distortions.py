"""What happens to images before a network sees them: the transforms of optimization, blur, noise, JPEG."""

from collections.abc import Callable, Mapping
from typing import TypeAlias

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional
from torchvision.transforms.v2 import functional as vision

from experiments.methods.feature_visualization.transforms import TRANSFORMS

BLUR_SIGMA, NOISE_SD, JPEG_QUALITY = 1.5, 0.08, 40
"""px at the side that is judged; of RGB in [0, 1]; of 100. Strong enough to be seen at once."""
Images: TypeAlias = Float[Tensor, "batch 3 side side"]
Distortion: TypeAlias = Callable[[Images, torch.Generator], Images]


def _plain(images: Images, _generator: torch.Generator) -> Images:
    return images


def _viewed(name: str) -> Distortion:
    transforms = TRANSFORMS[name]

    def view(images: Images, generator: torch.Generator) -> Images:
        # Where the canvas is larger than the view the image is enlarged to it, so that borders come into view alike.
        side, canvas = images.shape[-1], images.shape[-1] + 2 * transforms.canvas_margin
        return transforms.view(resized(images, side=canvas), side=side, streams=[generator] * len(images))

    return view


def _blurred(images: Images, _generator: torch.Generator) -> Images:
    return torch.as_tensor(vision.gaussian_blur(images, kernel_size=[9, 9], sigma=[BLUR_SIGMA, BLUR_SIGMA]))


def _noisy(images: Images, generator: torch.Generator) -> Images:
    noise = torch.randn(images.shape, generator=generator).to(images.device)
    return (images + NOISE_SD * noise).clamp(0, 1)


def _jpeg(images: Images, _generator: torch.Generator) -> Images:
    pixels = (images * 255).round().byte().cpu()
    return torch.stack([vision.jpeg(image, quality=JPEG_QUALITY) for image in pixels]).to(images.device) / 255


DISTORTIONS: Mapping[str, Distortion] = {
    "plain": _plain,
    "viewed_standard": _viewed("standard"),
    "viewed_published": _viewed("published"),
    "blur": _blurred,
    "noise": _noisy,
    "jpeg": _jpeg,
}


def resized(images: Images, *, side: int) -> Images:
    """The images at another side in px."""
    if images.shape[-1] == side:
        return images
    return functional.interpolate(images, size=(side, side), mode="bilinear", antialias=True, align_corners=False)
