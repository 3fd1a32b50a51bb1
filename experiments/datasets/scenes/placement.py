"""Draws the factors of sprites, each scene from its seed and index alone, so that no two sprites cover one another too much."""

import numpy as np
from jaxtyping import Bool, Float

from experiments.contract.errors import InputError

SHAPES = ("square", "triangle", "circle")
AREAS = np.array([2.0, 3 * np.sqrt(3) / 4, np.pi])
"""Of a square, an equilateral triangle and a disc whose circumscribed circle has the radius 1."""
CANDIDATES = 48
"""Places that are tried for a sprite."""
SCENE_STREAM = 2**64
"""Distance of the streams of two scenes in the counter of the generator; no scene draws so many numbers."""


def scene_generator(seed: int, *, index: int) -> np.random.Generator:
    """The randomness of one scene: Philox's key is the seed, its counter begins at the scene's own place."""
    return np.random.Generator(np.random.Philox(key=seed, counter=index * SCENE_STREAM))


def place(
    radii: Float[np.ndarray, "scene object"],
    areas: Float[np.ndarray, "scene object"],
    tried: Float[np.ndarray, "scene object candidate 2"],
    *,
    most_overlap: float,
) -> Float[np.ndarray, "scene object 2"]:
    """For each object the first candidate at which it and each earlier one share at most `most_overlap` of the smaller area.

    The shared area is taken to be that of the circumscribed circles, so that it is never larger than thought.

    Raises:
        InputError: No candidate fits.
    """
    scenes, objects = radii.shape
    centers = np.zeros((scenes, objects, 2))
    for number in range(objects):
        fits = np.ones(tried.shape[:1] + tried.shape[2:3], dtype=bool)
        for earlier in range(number):
            distance = np.linalg.norm(tried[:, number] - centers[:, None, earlier], axis=-1)
            shared = lens(radii[:, None, number], radii[:, None, earlier], distance)
            fits &= shared <= most_overlap * np.minimum(areas[:, None, number], areas[:, None, earlier])
        _require_place(fits)
        centers[:, number] = tried[np.arange(scenes), number, fits.argmax(axis=1)]
    return centers


def lens(
    first: Float[np.ndarray, "*batch"], second: Float[np.ndarray, "*batch"], distance: Float[np.ndarray, "*batch"]
) -> Float[np.ndarray, "*batch"]:
    """The area that two discs of these radii share."""
    first, second, distance = np.broadcast_arrays(first, second, np.maximum(distance, 1e-12))
    angle_first = np.arccos(np.clip((distance**2 + first**2 - second**2) / (2 * distance * first), -1, 1))
    angle_second = np.arccos(np.clip((distance**2 + second**2 - first**2) / (2 * distance * second), -1, 1))
    # A circular segment is its sector without the triangle.
    segments = first**2 * (angle_first - np.sin(2 * angle_first) / 2) + second**2 * (angle_second - np.sin(2 * angle_second) / 2)
    return np.asarray(segments)


def _require_place(fits: Bool[np.ndarray, "scene candidate"]) -> None:
    if not fits.any(axis=1).all():
        raise InputError(
            field="objects",
            message=f"a scene has no place for another object: {CANDIDATES} were tried",
            remedy="Give fewer or smaller objects, or a larger most_overlap",
        )
