"""A pool of natural images: variants of sources, planned by a seed and rendered one at a time."""

import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from experiments.contract.fields import require
from experiments.datasets.archives import Skipped
from experiments.datasets.digits import digits
from experiments.datasets.folder import user_images
from experiments.datasets.images import Box, Decoded, cut_square, decode
from experiments.datasets.photographs import photographs
from experiments.datasets.sources import Source
from experiments.datasets.stamps import stamps

NAMED: Mapping[str, Callable[[], Iterable[Source]]] = {"photographs": photographs, "stamps": stamps, "digits": digits}

DETAIL = 2 * 256 / 224
"""Shorter side of what is decoded for a square of one px at least: twice that of the published crop."""


@dataclass(frozen=True, kw_only=True)
class PoolImage:
    """One image of a pool, rendered."""

    source: str
    box: Box
    """The part of the source that is shown, in px of the source."""
    pixels: UInt8[np.ndarray, "side side 3"]


@dataclass(frozen=True, kw_only=True)
class Pool:
    """The images of a pool in a fixed order; those of a source stand together."""

    seed: int
    variants: tuple[tuple[Source, int], ...]
    """Source and number of the variant."""
    skipped: tuple[Skipped, ...] = ()
    """Tar files that were not read to their end."""

    def __len__(self) -> int:
        return len(self.variants)

    def read(self, index: int, *, side: int) -> PoolImage:
        """The image at `index`, `side` px square.

        Raises:
            InputError: Its file cannot be read.
        """
        source, number = self.variants[index]
        decoded = _decoded(source.path) if source.variants > 1 else _decoded_small(source, side=side)
        rng = np.random.default_rng([self.seed, zlib.crc32(source.name.encode()), number])
        framing = source.frame(decoded.size, number, rng)
        scale = decoded.image.width / decoded.size[0]
        left, top, right, bottom = (scale * edge for edge in framing.box)
        pixels = cut_square(decoded.image, (left, top, right, bottom), side=side, gray=framing.gray)
        return PoolImage(source=source.name, box=framing.box, pixels=pixels)


def open_pool(name: str, *, size: int, seed: int) -> Pool:
    """The pool called `name`, of at most `size` images spread evenly over its sources.

    Where there are more sources than that, `size` of them are drawn. Of a folder with fewer images all are taken; the
    pools that come with packages are of one size everywhere, and asking them for more is a mistake.

    Raises:
        InputError: There is no such pool, or it cannot make so many images.
    """
    sources, skipped = _sources(name)
    most = sum(source.variants for source in sources)
    message = f"{name} makes at most {most} different images of its {len(sources)} sources, not {size}"
    require(size <= most or not is_named(name), "pool_size", message, f"Give at most {most}, or a folder of images as the pool")
    if len(sources) > size:
        drawn = np.random.default_rng(seed).choice(len(sources), size=size, replace=False)
        sources = [sources[i] for i in sorted(drawn)]
    counts = _even_shares([source.variants for source in sources], size)
    variants = tuple((source, number) for source, count in zip(sources, counts, strict=True) for number in range(count))
    return Pool(seed=seed, variants=variants, skipped=tuple(skipped))


def is_named(name: str) -> bool:
    """Whether a pool is one of those that come with packages, or several of them."""
    return all(part in NAMED for part in name.split("+"))


def named_sources(name: str) -> list[Source]:
    """The sources of a pool that comes with packages, where this machine has them."""
    return [source for part in dict.fromkeys(name.split("+")) for source in NAMED[part]()]


def _sources(name: str) -> tuple[Sequence[Source], Sequence[Skipped]]:
    return (named_sources(name), ()) if is_named(name) else user_images(name)


def _even_shares(limits: list[int], total: int) -> list[int]:
    """How many of each, so that all have equally many (± 1) unless limited, and no more than `total` together."""
    shares = [0] * len(limits)
    while total > 0:
        open_places = [i for i, limit in enumerate(limits) if shares[i] < limit]
        if not open_places:
            break
        step = max(1, total // len(open_places))
        for i in open_places[:total]:
            more = min(step, limits[i] - shares[i])
            shares[i] += more
            total -= more
    return shares


@lru_cache(maxsize=4)
def _decoded(path: Path) -> Decoded:
    """A source of many variants, which are read one after the other."""
    return decode(path, field="pool")


def _decoded_small(source: Source, *, side: int) -> Decoded:
    """A source of one variant, at least `DETAIL` times as large as its variant will be."""
    return decode(source.path, field="pool", span=source.span, shorter_side=round(DETAIL * side))
