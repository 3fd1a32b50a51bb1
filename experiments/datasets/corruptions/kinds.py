"""The fifteen kinds by name, and the one function that corrupts images. Called by papers."""

from collections.abc import Callable, Mapping

import numpy as np
from jaxtyping import Float

from experiments.contract.fields import require
from experiments.datasets.corruptions.blurs import defocus_blur, glass_blur, motion_blur, zoom_blur
from experiments.datasets.corruptions.digital import brightness, contrast, elastic_transform, jpeg_compression, pixelate
from experiments.datasets.corruptions.kernels import Image
from experiments.datasets.corruptions.noise import gaussian_noise, impulse_noise, shot_noise
from experiments.datasets.corruptions.weather import fog, frost, snow

Corruption = Callable[[Image, int, np.random.Generator], Image]
"""Of an image, at a severity counted from 0."""
GROUPS: Mapping[str, tuple[Corruption, ...]] = {
    "noise": (gaussian_noise, shot_noise, impulse_noise),
    "blur": (defocus_blur, glass_blur, motion_blur, zoom_blur),
    "weather": (snow, frost, fog, brightness),
    "digital": (contrast, elastic_transform, pixelate, jpeg_compression),
}
KINDS: Mapping[str, Corruption] = {corruption.__name__: corruption for group in GROUPS.values() for corruption in group}
SEVERITIES = (1, 2, 3, 4, 5)


def corrupted(
    images: Float[np.ndarray, "image side side channel"], *, kind: str, severity: int, seed: int
) -> Float[np.ndarray, "image side side channel"]:
    """The images, values in [0, 1], after a corruption, in [0, 1] again.

    What is random follows from seed, kind and the image's place; it is the same at every severity.

    Raises:
        InputError: There is no such kind or severity, images are not square, or values are outside of [0, 1].
    """
    require(kind in KINDS, "kind", f"{kind!r} is unknown", f"Choose among {', '.join(KINDS)}")
    require(severity in SEVERITIES, "severity", f"{severity} is none", "Give 1 to 5")
    is_square = images.ndim == 4 and images.shape[1] == images.shape[2]
    require(is_square, "images", f"the shape {images.shape} is not [image, side, side, channel]", "Crop them to squares")
    in_range = len(images) == 0 or (images.min() >= 0 and images.max() <= 1)
    require(bool(in_range), "images", "values are outside of [0, 1]", "Divide pixels by 255")
    place = list(KINDS).index(kind)
    drawn = [
        KINDS[kind](image.astype(float), severity - 1, np.random.default_rng([seed, place, number]))
        for number, image in enumerate(images)
    ]
    return np.clip(np.stack(drawn), 0, 1).astype(images.dtype) if drawn else images.copy()
