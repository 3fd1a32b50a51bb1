"""What happens to images before a network sees them: the transforms of optimization, blur, noise, JPEG."""

import io
from collections.abc import Callable, Mapping
from typing import TypeAlias

import numpy as np
import torch
from jaxtyping import Float
from PIL import Image
from torch import Tensor
from torch.nn import functional
from torchvision.transforms.v2 import functional as vision

from experiments.methods.exemplars import as_pixels, as_tensor
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
    decoded = []
    for pixels in as_pixels(images, side=images.shape[-1]):
        file = io.BytesIO()
        Image.fromarray(pixels).save(file, format="JPEG", quality=JPEG_QUALITY)
        decoded.append(np.asarray(Image.open(file)))
    return as_tensor(np.stack(decoded), device=str(images.device))


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
