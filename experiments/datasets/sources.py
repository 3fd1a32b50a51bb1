"""A source, the photograph or object that images of a pool are cut from, and the ways of cutting."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np

from experiments.datasets.images import Box, Span

SCALES = (0.75, 0.5, 0.35)
"""Sides of the crops of a photograph, as fractions of its shorter side."""
LARGEST, SMALLEST = 0.95, 0.5
"""Longer side of an object on its canvas, as fractions of the canvas."""
LIGHTEST, DARKEST = 192, 64
"""Gray values of the canvas of an object."""


@dataclass(frozen=True, kw_only=True)
class Framing:
    """How one variant is cut from its source."""

    box: Box
    gray: int = 128
    """Of what lies beyond the source or shows through it."""


Frame: TypeAlias = Callable[[tuple[int, int], int, np.random.Generator], Framing]
"""(width, height), number of the variant, randomness -> its framing."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """A photograph or an object; its variants are the images of the pool."""

    name: str
    path: Path
    frame: Frame
    variants: int
    """At most so many different variants make sense."""
    span: Span | None = None
    """Where in the file it lies, if the file is an archive."""


def frame_crops(size: tuple[int, int], number: int, rng: np.random.Generator) -> Framing:
    """The largest center square first, then squares of several scales anywhere in the photograph."""
    if number == 0:
        return frame_largest(size)
    side = min(size) * SCALES[number % len(SCALES)]
    left, top = rng.uniform(size=2) * (np.array(size) - side)
    return Framing(box=_square(left, top, side))


def frame_largest(size: tuple[int, int]) -> Framing:
    """The largest center square."""
    left, top = (np.array(size) - min(size)) / 2
    return Framing(box=_square(left, top, min(size)))


def frame_on_gray(size: tuple[int, int], number: int, rng: np.random.Generator) -> Framing:
    """The whole object, centered and large on middle gray first, then at several sizes and places on varied grays."""
    if number == 0:
        share, place, gray = LARGEST, np.array([0.5, 0.5]), 128
    else:
        share, place, gray = rng.uniform(SMALLEST, LARGEST), rng.uniform(size=2), int(rng.integers(DARKEST, LIGHTEST + 1))
    side = max(size) / share
    left, top = (np.array(size) - side) * place
    return Framing(box=_square(left, top, side), gray=gray)


def frame_center(size: tuple[int, int], number: int, rng: np.random.Generator) -> Framing:
    """The published crop: of the shorter side scaled to 256 px the center 224 px."""
    side = min(size) * 224 / 256
    left, top = (np.array(size) - side) / 2
    return Framing(box=_square(left, top, side))


def _square(left: float, top: float, side: float) -> Box:
    return (float(left), float(top), float(left + side), float(top + side))
