"""3DIdent: the published folder of rendered images and their ten factors, and pairs of its images by nearest neighbors."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int, UInt8
from PIL import Image
from scipy.spatial import cKDTree

from experiments.contract.errors import InputError
from experiments.datasets.images import read_image

SOURCE = "https://zenodo.org/record/4502485"
LATENTS, IMAGES = "raw_latents.npy", "images"
FACTORS = 10
"""Positions, rotations, the light's angle and three hues, each in [-1, 1]."""
Rng = np.random.Generator


@dataclass(frozen=True, kw_only=True)
class ThreeDIdent:
    """One part of the set, `train` or `test`."""

    paths: Sequence[Path]
    factors: Float[np.ndarray, "image 10"]

    @cached_property
    def tree(self) -> cKDTree:
        """Of the factors."""
        return cKDTree(self.factors)

    def pairs(
        self, count: int, *, around: Callable[[Float[np.ndarray, "count 10"]], Float[np.ndarray, "count 10"]], rng: Rng
    ) -> tuple[Int[np.ndarray, " count"], Int[np.ndarray, " count"]]:
        """Numbers of the images nearest to uniform points, and to partners of these by the law `around`.

        Where both would be the same image, the partner is the next nearest one.
        """
        points = rng.uniform(-1, 1, size=(count, FACTORS))
        firsts = self.tree.query(points)[1]
        near = self.tree.query(around(points), k=2)[1]
        return firsts, np.where(near[:, 0] == firsts, near[:, 1], near[:, 0])

    def images(self, numbers: Sequence[int] | Int[np.ndarray, " image"], *, side: int) -> UInt8[np.ndarray, "image side side 3"]:
        """The images with these numbers, `side` px wide and high."""
        return np.stack([_pixels(self.paths[number], side=side) for number in numbers])


def read_three_d_ident(folder: Path, *, part: str) -> ThreeDIdent:
    """The part called `part` of the published folder.

    Raises:
        InputError: There is no such folder, or its images and factors do not belong together.
    """
    latents, images = folder / part / LATENTS, folder / part / IMAGES
    if not (latents.is_file() and images.is_dir()):
        remedy = f"Unpack 3DIdent from {SOURCE} and give the folder that holds train and test"
        raise InputError(field="three_d_ident", message=f"{folder / part} has no {LATENTS} with {IMAGES}", remedy=remedy)
    factors = _factors(latents)
    named = {path.stem: path for path in images.glob("*.png")}
    paths = {int(stem): path for stem, path in named.items() if stem.isdigit()}
    if sorted(paths) != list(range(len(factors))):
        message = f"{images} has {len(paths)} numbered images, and {LATENTS} {len(factors)} rows"
        raise InputError(field="three_d_ident", message=message, remedy="Unpack the set again: an image for each row, from 0 on")
    return ThreeDIdent(paths=[paths[number] for number in range(len(factors))], factors=factors)


def _factors(path: Path) -> Float[np.ndarray, "image 10"]:
    try:
        factors = np.load(path, allow_pickle=False)
    except (ValueError, EOFError) as error:
        raise InputError(field="three_d_ident", message=f"{path} is no array: {error}", remedy="Unpack the set again") from error
    if factors.ndim != len(("image", "factor")) or factors.shape[1] != FACTORS or len(factors) <= 1:
        message = f"{path} has the shape {factors.shape}, not [images, {FACTORS}]"
        remedy = "Give the set whose factors are not periodic, which has ten"
        raise InputError(field="three_d_ident", message=message, remedy=remedy)
    return np.asarray(factors, dtype=np.float64)


def _pixels(path: Path, *, side: int) -> UInt8[np.ndarray, "side side 3"]:
    shown = read_image(path, field="three_d_ident").convert("RGB")
    return np.asarray(shown if shown.size == (side, side) else shown.resize((side, side), Image.Resampling.BOX))
