"""Scenes of colored squares, triangles and circles, rendered a batch at once. Called by trainings, once for all their scenes."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float, UInt8
from matplotlib.colors import hsv_to_rgb

from experiments.contract.fields import require, require_range
from experiments.datasets.scenes.placement import AREAS, CANDIDATES, place, scene_generator
from experiments.datasets.scenes.scene import Scenes
from experiments.datasets.scenes.textures import textures

FACTORS = ("x", "y", "radius", "hue", "shape")
"""Center and radius of the circumscribed circle as fractions of the side, y downwards; hue in [0, 1); shape 1, 2 or 3."""
CHUNK = 256
"""Scenes that are rendered at once; more would not fit the cache."""
Background = Literal["black", "gray", "textured"]
DARKEST, LIGHTEST = 0.2, 0.8
"""Gray values of a plain background."""


@dataclass(frozen=True, kw_only=True)
class SpriteScenes:
    """A kind of scene; scene number `index` of a seed is always the same."""

    side: int = 32
    """px."""
    fewest: int = 3
    most: int = 3
    """Objects in a scene; their number is drawn evenly."""
    smallest: float = 0.1
    largest: float = 0.15
    """Radius of the circumscribed circle, as a fraction of the side."""
    background: Background = "black"
    most_overlap: float = 0.3
    """Of the smaller of two sprites; 1 places them freely."""

    def __post_init__(self) -> None:
        require_range(self, "side", 8, 512)
        require_range(self, "fewest", 0, 32)
        require_range(self, "most", max(1, self.fewest), 32)
        require_range(self, "smallest", 0.01, 0.5)
        require_range(self, "largest", self.smallest, 0.5)
        require(0 <= self.most_overlap <= 1, "most_overlap", f"{self.most_overlap} is no share", "Give a number from 0 to 1")

    def render(self, count: int, *, seed: int, first: int = 0) -> Scenes:
        """Scenes `first` to `first + count - 1`.

        Raises:
            InputError: The objects do not fit beside one another.
        """
        parts = [self._render(range(at, min(at + CHUNK, first + count)), seed) for at in range(first, first + count, CHUNK)]
        return Scenes(
            images=np.concatenate([part.images for part in parts]),
            labels=np.concatenate([part.labels for part in parts]),
            factors=np.concatenate([part.factors for part in parts]),
            factor_names=FACTORS,
        )

    def _render(self, indices: range, seed: int) -> Scenes:
        generators = [scene_generator(seed, index=index) for index in indices]
        factors = self._factors(np.stack([one.random((self.most, 3 + 2 * CANDIDATES)) for one in generators]), generators)
        canvas = self._canvas(generators)
        labels = np.zeros(canvas.shape[:-1], dtype=np.int16)
        colors = hsv_to_rgb(np.stack([factors[..., 3], *[np.ones(factors.shape[:2])] * 2], axis=-1)).astype(np.float32)
        for number in range(self.most):
            covered = coverage(factors[:, number], side=self.side)
            # The painter's order: a later object lies above an earlier one.
            canvas += covered[..., None] * (colors[:, None, None, number] - canvas)
            labels[covered > 0.5] = number + 1
        return Scenes(images=as_bytes(canvas), labels=labels, factors=factors, factor_names=FACTORS)

    def _factors(
        self, drawn: Float[np.ndarray, "scene object number"], generators: list[np.random.Generator]
    ) -> Float[np.ndarray, "scene object 5"]:
        radii = self.smallest + (self.largest - self.smallest) * drawn[..., 0]
        shapes = np.minimum((3 * drawn[..., 2]).astype(int), 2)
        # The whole sprite is inside of the image.
        margin = radii[..., None, None]
        tried = margin + (1 - 2 * margin) * drawn[..., 3:].reshape(*radii.shape, CANDIDATES, 2)
        most_overlap = self.most_overlap if self.most_overlap < 1 else np.inf
        centers = place(radii, AREAS[shapes] * radii**2, tried, most_overlap=most_overlap)
        factors = np.concatenate([centers, np.stack([radii, drawn[..., 1], shapes + 1.0], axis=-1)], axis=-1)
        present = np.array([one.integers(self.fewest, self.most + 1) for one in generators])
        factors[np.arange(self.most) >= present[:, None]] = 0
        return factors

    def _canvas(self, generators: list[np.random.Generator]) -> Float[np.ndarray, "scene side side 3"]:
        shape = (len(generators), self.side, self.side, 3)
        if self.background == "textured":
            return textures(generators, side=self.side)
        grays = [0.0 if self.background == "black" else one.uniform(DARKEST, LIGHTEST) for one in generators]
        return np.broadcast_to(np.array(grays, dtype=np.float32)[:, None, None, None], shape).copy()


def coverage(factors: Float[np.ndarray, "scene 5"], *, side: int) -> Float[np.ndarray, "scene side side"]:
    """The share of each pixel that a sprite covers, from the distance of its center to the sprite's edge; 0 of an absent one.

    Exact where the edge is parallel to the pixels; elsewhere, and at corners, within a few percent of a pixel.
    """
    grid = ((np.arange(side) + 0.5) / side).astype(np.float32)
    x, y, radius, _, shape = (column.astype(np.float32)[:, None, None] for column in factors.T)
    across, down = grid[None, None, :] - x, grid[None, :, None] - y
    square = np.maximum(np.abs(across), np.abs(down)) - radius / np.float32(np.sqrt(2))
    slanted = np.float32(np.sqrt(3) / 2) * np.abs(across) - down / 2
    triangle = np.maximum(slanted, down) - radius / 2
    circle = np.sqrt(across**2 + down**2) - radius
    distance = np.choose(shape.astype(int), [np.float32(1), square, triangle, circle])
    return np.asarray(np.clip(0.5 - side * distance, 0, 1), dtype=np.float32)


def as_bytes(canvas: Float[np.ndarray, "scene side side 3"]) -> UInt8[np.ndarray, "scene side side 3"]:
    """Colors in [0, 1] as bytes."""
    return np.asarray(np.round(255 * np.clip(canvas, 0, 1)), dtype=np.uint8)
