"""Where pairs of images and the factors behind them come from, in one form for all sets."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from jaxtyping import Float, Int, UInt8
from torch import Tensor

from experiments.datasets.kitti_masks import KittiMasks, read_kitti_masks
from experiments.datasets.latents.generalized_normal import GeneralizedNormal, Laplace, Normal
from experiments.datasets.latents.spaces import Box
from experiments.datasets.rendered_objects import FACTORS, render
from experiments.datasets.three_d_ident import ThreeDIdent, read_three_d_ident
from experiments.methods.image_identification.configuration import ImageConfiguration
from experiments.methods.training.parallel import share

Images = UInt8[Tensor, "image 3 side side"]
Factors = Float[Tensor, "image factor"]
HELD_OUT = 2**31
"""Added to a seed: that of images that no training sees."""


class ImageSource(Protocol):
    """A set of images with known factors; randomness comes from the generator alone.

    Of a batch of `count` that several processes train on, each reads its share.
    """

    def pairs(self, count: int, *, generator: torch.Generator) -> tuple[Images, Images]:
        """Positive pairs: row i of both."""

    def labeled(self, count: int, *, generator: torch.Generator) -> tuple[Images, Factors]:
        """Images of the training with their factors."""

    def held_out(self, count: int) -> tuple[Images, Factors]:
        """Images, always the same, on which encoders are measured."""


@dataclass(frozen=True, kw_only=True)
class Rendered:
    """A pool of pairs rendered here; a partner's image is that of its own factors."""

    first: Images
    second: Images
    factors: Factors
    """Of the first images."""
    seed: int

    def pairs(self, count: int, *, generator: torch.Generator) -> tuple[Images, Images]:
        """Pairs of the pool."""
        chosen = share(torch.randint(len(self.first), (count,), generator=generator))
        return self.first[chosen], self.second[chosen]

    def labeled(self, count: int, *, generator: torch.Generator) -> tuple[Images, Factors]:
        """First images of the pool."""
        chosen = share(torch.randint(len(self.first), (count,), generator=generator))
        return self.first[chosen], self.factors[chosen]

    def held_out(self, count: int) -> tuple[Images, Factors]:
        """Images that are in no pool of another seed."""
        return rendered_held_out(count, side=self.first.shape[-1], seed=self.seed + HELD_OUT)


@dataclass(frozen=True, kw_only=True)
class Identified:
    """3DIdent: trained on one part, measured on the other."""

    train: ThreeDIdent
    test: ThreeDIdent
    side: int
    law: GeneralizedNormal | Laplace | Normal

    def pairs(self, count: int, *, generator: torch.Generator) -> tuple[Images, Images]:
        """Images nearest to points and their partners."""

        def around(points: Float[np.ndarray, "count 10"]) -> Float[np.ndarray, "count 10"]:
            drawn: Float[np.ndarray, "count 10"] = self.law.sample(
                torch.from_numpy(points), space=_space(), generator=generator
            ).numpy()
            return drawn

        pairs = self.train.pairs(count, around=around, rng=_numpy(generator))
        firsts, seconds = (_shared(one) for one in pairs)
        return self._images(self.train, firsts), self._images(self.train, seconds)

    def labeled(self, count: int, *, generator: torch.Generator) -> tuple[Images, Factors]:
        """Images drawn from the training part."""
        chosen = _shared(_numpy(generator).integers(len(self.train.paths), size=count))
        return self._images(self.train, chosen), torch.from_numpy(self.train.factors[chosen]).float()

    def held_out(self, count: int) -> tuple[Images, Factors]:
        """The first images of the test part."""
        chosen = np.arange(min(count, len(self.test.paths)))
        return self._images(self.test, chosen), torch.from_numpy(self.test.factors[chosen]).float()

    def _images(self, part: ThreeDIdent, numbers: Int[np.ndarray, " image"]) -> Images:
        return torch.from_numpy(part.images(numbers, side=self.side)).movedim(-1, 1).contiguous()


@dataclass(frozen=True, kw_only=True)
class Masks:
    """KITTI Masks: a pair is a mask and the same pedestrian's some frames later. As published, it is measured on the same set."""

    masks: KittiMasks
    furthest: int

    def pairs(self, count: int, *, generator: torch.Generator) -> tuple[Images, Images]:
        """Masks and later ones, at most the furthest number of frames apart."""
        starts = torch.randint(self.masks.starts, (count,), generator=generator)
        ahead = torch.randint(1, self.furthest + 1, (count,), generator=generator)
        own = zip(share(starts).tolist(), share(ahead).tolist(), strict=True)
        both = [self.masks.pair(start, ahead=step) for start, step in own]
        return _as_images([one for one, _ in both]), _as_images([other for _, other in both])

    def labeled(self, count: int, *, generator: torch.Generator) -> tuple[Images, Factors]:
        """Masks with their places and areas."""
        return self._at(share(torch.randint(self.masks.starts, (count,), generator=generator)).tolist())

    def held_out(self, count: int) -> tuple[Images, Factors]:
        """Masks of the whole set, in no particular order."""
        order = torch.randperm(self.masks.starts, generator=torch.Generator().manual_seed(HELD_OUT))
        return self._at(order[:count].tolist())

    def _at(self, starts: list[int]) -> tuple[Images, Factors]:
        places = [self.masks.place(start) for start in starts]
        images = _as_images([self.masks.masks[sequence][frame] for sequence, frame in places])
        factors = np.stack([self.masks.factors[sequence][frame] for sequence, frame in places])
        return images, torch.from_numpy(factors).float()


def source_of(configuration: ImageConfiguration) -> ImageSource:
    """The set of a configuration.

    Raises:
        InputError: A published set is not where it should be.
    """
    if configuration.data == "kitti_masks":
        return Masks(masks=read_kitti_masks(Path(configuration.folder)), furthest=configuration.furthest)
    if configuration.data == "three_d_ident":
        train, test = (read_three_d_ident(Path(configuration.folder), part=part) for part in ("train", "test"))
        return Identified(train=train, test=test, side=configuration.side, law=law_of(configuration))
    return rendered(configuration.pool, side=configuration.side, seed=configuration.data_seed, law=law_of(configuration))


def law_of(configuration: ImageConfiguration) -> GeneralizedNormal | Laplace | Normal:
    """Of the factors of partners."""
    scale = configuration.conditional_scale
    if configuration.conditional == "generalized_normal":
        return GeneralizedNormal(configuration.conditional_power, scale)
    return Laplace(scale) if configuration.conditional == "laplace" else Normal(scale)


@lru_cache(maxsize=1)
def rendered(pool: int, *, side: int, seed: int, law: GeneralizedNormal | Laplace | Normal) -> Rendered:
    """A pool of pairs. The latest is kept, since the networks of all seeds are trained on it."""
    generator = torch.Generator().manual_seed(seed)
    factors = _space().uniform(pool, generator=generator)
    partners = law.sample(factors, space=_space(), generator=generator)
    return Rendered(first=render(factors, side=side), second=render(partners, side=side), factors=factors, seed=seed)


@lru_cache(maxsize=2)
def rendered_held_out(count: int, *, side: int, seed: int) -> tuple[Images, Factors]:
    """Images that are kept, as every evaluation asks for them."""
    factors = _space().uniform(count, generator=torch.Generator().manual_seed(seed))
    return render(factors, side=side), factors


def _space() -> Box:
    return Box(len(FACTORS), low=-1.0, high=1.0)


def _numpy(generator: torch.Generator) -> np.random.Generator:
    return np.random.default_rng(int(torch.randint(2**62, (1,), generator=generator)))


def _shared(numbers: Int[np.ndarray, " image"]) -> Int[np.ndarray, " share"]:
    own: Int[np.ndarray, " share"] = share(torch.from_numpy(numbers)).numpy()
    return own


def _as_images(masks: list[UInt8[np.ndarray, "64 64"]]) -> Images:
    return torch.from_numpy(255 * np.stack(masks))[:, None].expand(-1, 3, -1, -1).contiguous()
