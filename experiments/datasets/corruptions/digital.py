"""Brightness, contrast, elastic distortion, larger pixels, and JPEG."""

import io

import numpy as np
from PIL import Image as Pillow
from scipy import ndimage
from skimage.color import hsv2rgb, rgb2hsv

from experiments.datasets.corruptions.kernels import Image

BRIGHTER = (0.1, 0.2, 0.3, 0.4, 0.5)
CONTRASTS = (0.4, 0.3, 0.2, 0.1, 0.05)
ELASTIC = (0.01, 0.018, 0.026, 0.036, 0.05)
"""Standard deviation of the displacement, as a share of the side."""
WAVES = 0.08
"""Over which displacements are smooth, as a share of the side."""
PIXELS = (0.6, 0.5, 0.4, 0.3, 0.25)
SMALL_PIXELS = (0.95, 0.9, 0.85, 0.75, 0.65)
"""Side of the smaller image over that of the image; the second row is that published for CIFAR-10, for small images."""
SMALL = 64
QUALITIES = (25, 18, 15, 10, 7)


def brightness(image: Image, severity: int, _rng: np.random.Generator) -> Image:
    """The value of the colors (HSV) is raised."""
    if image.shape[-1] == 1:
        return image + BRIGHTER[severity]
    colors = rgb2hsv(image)
    colors[..., 2] = np.clip(colors[..., 2] + BRIGHTER[severity], 0, 1)
    return np.asarray(hsv2rgb(colors))


def contrast(image: Image, severity: int, _rng: np.random.Generator) -> Image:
    """Each channel is drawn to its mean."""
    mean = image.mean(axis=(0, 1), keepdims=True)
    return np.asarray(mean + CONTRASTS[severity] * (image - mean))


def elastic_transform(image: Image, severity: int, rng: np.random.Generator) -> Image:
    """Smooth random displacements, the same at every severity but for their size."""
    height, width, _ = image.shape
    waves = ndimage.gaussian_filter(rng.standard_normal((2, height, width)), (0, WAVES * height, WAVES * width), mode="reflect")
    places = np.indices((height, width)) + ELASTIC[severity] * height * waves / waves.std()
    channels = [ndimage.map_coordinates(channel, places, order=1, mode="reflect") for channel in np.moveaxis(image, -1, 0)]
    return np.stack(channels, axis=-1)


def pixelate(image: Image, severity: int, _rng: np.random.Generator) -> Image:
    """Fewer, larger pixels."""
    side = len(image)
    small = pixelated_sides(side)[severity]
    channels = [
        Pillow.fromarray(channel.astype(np.float32))
        .resize((small, small), Pillow.Resampling.BOX)
        .resize((side, side), Pillow.Resampling.NEAREST)
        for channel in np.moveaxis(image, -1, 0)
    ]
    return np.stack([np.asarray(channel, dtype=float) for channel in channels], axis=-1)


def pixelated_sides(side: int) -> list[int]:
    """Sides of the smaller images by severity: the published shares, but each at least 1 px below the last, where one is left."""
    sides, last = [], side
    for share in SMALL_PIXELS if side < SMALL else PIXELS:
        last = max(1, min(round(side * share), last - 1))
        sides.append(last)
    return sides


def jpeg_compression(image: Image, severity: int, _rng: np.random.Generator) -> Image:
    """Saved and read again."""
    pixels = np.round(255 * np.clip(image, 0, 1)).astype(np.uint8)
    file = io.BytesIO()
    Pillow.fromarray(pixels.squeeze(-1) if pixels.shape[-1] == 1 else pixels).save(
        file, format="JPEG", quality=QUALITIES[severity]
    )
    with Pillow.open(file) as read:
        return np.asarray(read, dtype=float).reshape(image.shape) / 255
