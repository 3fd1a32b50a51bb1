"""What several corruptions need: how lengths grow with the side, kernels of fractions of a pixel, and fractal noise."""

import numpy as np
from jaxtyping import Float
from scipy import ndimage

PUBLISHED_SIDE = 224
"""px for which lengths are given."""
SMALLEST_SIDE = 32
"""Smaller images are treated as if they had this side: a blur by a fraction of 8 px would be none."""
STEPS = 8
"""Points within a pixel where kernels are sampled."""

Image = Float[np.ndarray, "height width channel"]
"""Values in [0, 1]; one channel or three."""
Kernel = Float[np.ndarray, "rows columns"]


def length(pixels: float, *, side: int) -> float:
    """A length at 224 px in px of an image of this side."""
    return pixels * max(side, SMALLEST_SIDE) / PUBLISHED_SIDE


def splat(points: Float[np.ndarray, "point 2"], weights: Float[np.ndarray, " point"]) -> Kernel:
    """The kernel with these weights at these places (px from its center), each shared among the four pixels around it."""
    reach = int(np.ceil(np.abs(points).max())) + 1
    kernel = np.zeros((2 * reach + 1, 2 * reach + 1))
    corners = np.floor(points).astype(int)
    rest = points - corners
    for row in (0, 1):
        for column in (0, 1):
            share = np.abs(1 - row - rest[:, 0]) * np.abs(1 - column - rest[:, 1])
            np.add.at(kernel, (corners[:, 0] + row + reach, corners[:, 1] + column + reach), weights * share)
    return np.asarray(kernel / kernel.sum())


def convolved(image: Image, kernel: Kernel) -> Image:
    """Each channel by the kernel; beyond its border the image is mirrored."""
    # At the border the mirror begins with the last pixel, so that also a kernel as large as the image finds something.
    return np.stack([ndimage.convolve(channel, kernel, mode="reflect") for channel in np.moveaxis(image, -1, 0)], axis=-1)


def disc(radius: float) -> Kernel:
    """A uniform disc: what a lens out of focus makes of a point."""
    edge = int(np.ceil(radius * STEPS)) + 1
    grid = np.stack(np.meshgrid(*2 * [np.arange(-edge, edge + 1) / STEPS], indexing="ij"), axis=-1).reshape(-1, 2)
    inside = np.linalg.norm(grid, axis=1) <= radius
    return splat(grid[inside], np.ones(inside.sum()))


def streak(reach: float, *, angle: float) -> Kernel:
    """A line from a point into one direction (radians), fading as half a Gaussian: what a moving camera makes of a point."""
    along = np.linspace(0, reach, max(2, int(np.ceil(reach * STEPS))))
    fading = np.exp(-0.5 * (2 * along / max(reach, 1e-6)) ** 2)
    return splat(along[:, None] * np.array([[np.sin(angle), np.cos(angle)]]), fading)


def fractal(side: int, *, power: float, rng: np.random.Generator) -> Float[np.ndarray, "side side"]:
    """Noise whose amplitude falls with frequency^-power, scaled to [0, 1]."""
    frequency = np.hypot(np.fft.fftfreq(side)[:, None], np.fft.rfftfreq(side)[None])
    frequency[0, 0] = np.inf
    spectrum = np.fft.rfft2(rng.standard_normal((side, side))) * frequency**-power
    noise = np.fft.irfft2(spectrum, s=(side, side))
    return np.asarray((noise - noise.min()) / np.ptp(noise))
