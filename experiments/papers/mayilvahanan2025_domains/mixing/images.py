"""The images of the mixing study: views of a few objects in each domain, to draw sets from, and others to measure on."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from jaxtyping import Int, UInt8
from PIL import Image
from torch import Tensor

from experiments.contract.errors import InputError
from experiments.datasets.domains import Domain, DomainImage, read
from experiments.datasets.domains.listing import image_of
from experiments.datasets.domains.scenes import generator_of
from experiments.datasets.domains.sources import OTHER, DomainSource, domain_sources
from experiments.methods.shards.fingerprints import perceptual_hash

MEASURED: tuple[Domain, ...] = ("natural", "rendition")
DRAWN_FROM: tuple[Domain, ...] = ("natural", "rendition", "ambiguous")
WORD = re.compile("[a-z]+")

Images = UInt8[Tensor, "image 3 side side"]


@dataclass(frozen=True, kw_only=True, eq=False)
class HeldOut:
    """Images of a domain on which networks are measured."""

    images: Images
    labels: Int[Tensor, " image"]
    styles: tuple[str, ...]
    removed: int
    """Others that were too like one that sets are drawn from."""


@lru_cache(maxsize=4)
def mixing_objects(count: int) -> tuple[tuple[DomainSource, str], ...]:
    """Photographed objects with their names in words, evenly over the classes of `sources`; no two have one name.

    Raises:
        InputError: There are fewer, or the stamps are not installed.
    """
    by_class: dict[str, list[tuple[DomainSource, str]]] = {}
    taken: set[str] = set()
    # In an order without meaning; that of their names would take those that begin with a.
    for source in sorted(domain_sources(), key=lambda one: generator_of(one.name).random()):
        words = " ".join(WORD.findall(source.name.rpartition("/")[2].lower().replace("_", " ")))
        if source.kind == "object" and source.label != OTHER and words and words not in taken:
            taken.add(words)
            by_class.setdefault(source.label, []).append((source, words))
    turns = [(turn, label, one) for label, some in sorted(by_class.items()) for turn, one in enumerate(some)]
    chosen = tuple(one for _, _, one in sorted(turns, key=lambda each: each[:2])[:count])
    if len(chosen) < count:
        message = f"there are {len(chosen)} objects with a class and a name, and not {count}"
        raise InputError(field="objects", message=message, remedy=f"Give at most {len(chosen)}")
    return chosen


@lru_cache(maxsize=4)
def training_images(objects: int, views: int, *, side: int, domain: Domain) -> Images:
    """All views that sets are drawn from, a view of each object after the other."""
    return _pixels(_listed(objects, range(views), domain=domain), side=side)


@lru_cache(maxsize=4)
def held_out_views(objects: int, views: int, test_views: int, *, side: int, domain: Domain, apart: int) -> HeldOut:
    """Further views, without those that nearly are one of the others in any domain, by their perceptual hashes.

    Raises:
        InputError: None is left.
    """
    listed = _listed(objects, range(views, views + test_views), domain=domain)
    images = _pixels(listed, side=side)
    seen = np.concatenate([hashes(training_images(objects, views, side=side, domain=each)) for each in DRAWN_FROM])
    is_far = nearest(hashes(images), seen) >= apart
    if not is_far.any():
        message = f"all {len(images)} {domain} test images are within {apart - 1} bits of one that sets are drawn from"
        raise InputError(field="apart", message=message, remedy="Give fewer bits, or more test_views")
    labels = torch.arange(objects).repeat(test_views)
    far = torch.from_numpy(np.flatnonzero(is_far))
    return HeldOut(
        images=images[far],
        labels=labels[far],
        styles=tuple(image.style for image, kept in zip(listed, is_far, strict=True) if kept),
        removed=int((~is_far).sum()),
    )


def hashes(images: Images) -> UInt8[np.ndarray, "image 8"]:
    """The perceptual hash of each; of plain images zero."""
    plain = np.zeros(8, np.uint8)
    found = [perceptual_hash(Image.fromarray(pixels)) for pixels in images.permute(0, 2, 3, 1).numpy()]
    return np.stack([plain if one is None else one for one in found])


def nearest(one: UInt8[np.ndarray, "image 8"], other: UInt8[np.ndarray, "seen 8"]) -> Int[np.ndarray, " image"]:
    """Bits in which each hash differs from the most similar of the others."""
    distances: Int[np.ndarray, " image"] = np.bitwise_count(one[:, None] ^ other[None]).sum(axis=2, dtype=int).min(axis=1)
    return distances


def _listed(objects: int, views: Sequence[int], *, domain: Domain) -> list[DomainImage]:
    chosen = mixing_objects(objects)
    return [
        image_of(source, view=view, domain=domain, turn=number + view)
        for view in views
        for number, (source, _) in enumerate(chosen)
    ]


def _pixels(listed: Sequence[DomainImage], *, side: int) -> Images:
    return torch.from_numpy(np.stack([read(image, side=side) for image in listed])).permute(0, 3, 1, 2).contiguous()
