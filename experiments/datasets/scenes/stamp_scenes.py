"""Scenes composed from real cut-outs, with their true alpha masks, on plain or photographic backgrounds. Called by trainings."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float, UInt8
from PIL import Image

from experiments.contract.errors import InputError
from experiments.contract.fields import require, require_range
from experiments.datasets.images import read_image
from experiments.datasets.pool import open_pool
from experiments.datasets.scenes.placement import CANDIDATES, scene_generator
from experiments.datasets.scenes.scene import Scenes
from experiments.datasets.stamps import stamps

FACTORS = ("x", "y", "extent", "stamp")
"""Center and longer side of the cut-out as fractions of the side, y downwards; number of the stamp among those drawn, from 1."""
KEPT = 2
"""Longer side at which a stamp is kept in memory, in sides of a scene."""
CROPS = 64
"""Photographic backgrounds to choose among."""
DARKEST, LIGHTEST = 64, 192


@dataclass(frozen=True, kw_only=True)
class StampScenes:
    """A kind of scene; scene number `index` of a seed is always the same where the same stamps are installed."""

    side: int = 32
    """px."""
    fewest: int = 3
    most: int = 3
    """Objects in a scene; their number is drawn evenly."""
    smallest: float = 0.3
    largest: float = 0.45
    """Longer side of an object, as a fraction of the side."""
    background: Literal["plain", "photograph"] = "plain"
    """A gray each, or a crop of a photograph."""
    stamps: int = 64
    """Different objects, spread over the collection."""
    most_overlap: float = 0.3
    """Share of an object that later ones may cover, and that earlier ones may be covered by it."""

    def __post_init__(self) -> None:
        require_range(self, "side", 8, 256)
        require_range(self, "fewest", 0, 16)
        require_range(self, "most", max(1, self.fewest), 16)
        require_range(self, "smallest", 0.05, 1)
        require_range(self, "largest", self.smallest, 1)
        require_range(self, "stamps", 1, 10_000)
        require(0 <= self.most_overlap <= 1, "most_overlap", f"{self.most_overlap} is no share", "Give a number from 0 to 1")

    def render(self, count: int, *, seed: int, first: int = 0) -> Scenes:
        """Scenes `first` to `first + count - 1`.

        Raises:
            InputError: The stamps are not installed, or the objects do not fit beside one another.
        """
        cut_outs = _cut_outs(self.stamps, KEPT * self.side)
        grounds = _grounds(self.side) if self.background == "photograph" else ()
        made = [self._compose(scene_generator(seed, index=index), cut_outs, grounds) for index in range(first, first + count)]
        images, labels, factors = (np.stack(parts) for parts in zip(*made, strict=True))
        return Scenes(images=images, labels=labels, factors=factors, factor_names=FACTORS)

    def _compose(
        self,
        generator: np.random.Generator,
        cut_outs: Sequence[Image.Image],
        grounds: Sequence[UInt8[np.ndarray, "side side 3"]],
    ) -> tuple[UInt8[np.ndarray, "side side 3"], Float[np.ndarray, "side side"], Float[np.ndarray, "object 4"]]:
        if grounds:
            canvas = Image.fromarray(grounds[int(generator.integers(len(grounds)))])
        else:
            gray = int(generator.integers(DARKEST, LIGHTEST + 1))
            canvas = Image.new("RGB", (self.side, self.side), (gray, gray, gray))
        labels = np.zeros((self.side, self.side), dtype=np.int16)
        factors = np.zeros((self.most, len(FACTORS)))
        masks: list[Bool[np.ndarray, "side side"]] = []
        for number in range(int(generator.integers(self.fewest, self.most + 1))):
            chosen = int(generator.integers(len(cut_outs)))
            extent = float(generator.uniform(self.smallest, self.largest))
            piece = _scaled(cut_outs[chosen], round(extent * self.side))
            corner, mask = self._place(piece, masks, generator)
            canvas.paste(piece, corner, piece)
            labels[mask] = number + 1
            masks.append(mask)
            center = (np.array(corner) + np.array(piece.size) / 2) / self.side
            factors[number] = (*center, extent, chosen + 1)
        return np.asarray(canvas), labels, factors

    def _place(
        self, piece: Image.Image, masks: Sequence[Bool[np.ndarray, "side side"]], generator: np.random.Generator
    ) -> tuple[tuple[int, int], Bool[np.ndarray, "side side"]]:
        """The first corner of some at which no object is covered too much, and what the piece covers there."""
        opaque = np.asarray(piece)[..., 3] > 127
        for share_x, share_y in generator.random((CANDIDATES, 2)):
            left, top = round(share_x * (self.side - piece.width)), round(share_y * (self.side - piece.height))
            mask = np.zeros((self.side, self.side), dtype=bool)
            mask[top : top + piece.height, left : left + piece.width] = opaque
            if all((mask & other).sum() <= self.most_overlap * min(mask.sum(), other.sum()) for other in masks):
                return (left, top), mask
        raise InputError(
            field="most",
            message=f"a scene has no place for another object: {CANDIDATES} were tried",
            remedy="Give fewer or smaller objects, or a larger most_overlap",
        )


def _scaled(cut_out: Image.Image, longer: int) -> Image.Image:
    scale = longer / max(cut_out.size)
    width, height = (max(1, round(scale * length)) for length in cut_out.size)
    return cut_out.resize((width, height), Image.Resampling.BOX)


@lru_cache(maxsize=2)
def _cut_outs(count: int, longer: int) -> tuple[Image.Image, ...]:
    """So many stamps, spread evenly over the collection, cut to what is visible of each, at that length of the longer side."""
    sources = stamps()
    require(count <= len(sources), "stamps", f"there are {len(sources)} stamps", f"Give at most {len(sources)}")
    found = []
    for number in range(count):
        image = read_image(sources[number * len(sources) // count].path, field="stamps").convert("RGBA")
        visible = image.getchannel("A").point(lambda alpha: 255 * (alpha > 127)).getbbox()
        found.append(_scaled(image.crop(visible), longer))
    return tuple(found)


@lru_cache(maxsize=2)
def _grounds(side: int) -> tuple[UInt8[np.ndarray, "side side 3"], ...]:
    pool = open_pool("photographs", size=CROPS, seed=0)
    return tuple(pool.read(index, side=side).pixels for index in range(len(pool)))
