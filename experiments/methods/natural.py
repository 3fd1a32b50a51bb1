"""What one unit does on a pool of natural images, and the choice of its most extreme ones.

Used by every maker that shows natural images or compares with them.
"""

import io
import math
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from experiments.contract.artifacts import ArtifactStore, Manifest, Workshop
from experiments.contract.errors import InputError
from experiments.contract.fields import require
from experiments.contract.recipes import ActivationIndex, Sign, UnitRecipe
from experiments.datasets.images import Box
from experiments.methods.layer_summary import EXTREMES, LayerSummary
from model_zoo.address import UnitAddress
from model_zoo.catalogue import ModelCard

MAX_OVERLAP = 0.2
"""Intersection over union that two crops of a photograph may have within one choice."""
OTHER_WEIGHTS = (
    "Put one file of weights on all workers, and remove what the other made: manifests/<digest>.json in the artifact store"
)


@dataclass(frozen=True, kw_only=True)
class NaturalActivations:
    """The activations of one unit on a pool, image by image."""

    digest: str
    """Of the activation index that they come from."""
    activations: Float[np.ndarray, " image"]
    """NaN for an image that cannot be read; it takes part in nothing."""
    sources: Sequence[Hashable]
    """Which photograph or object each image shows."""
    boxes: Sequence[Box]

    @property
    def source_count(self) -> int:
        """How many photographs and objects the pool has."""
        return len(np.unique(np.asarray(self.sources)[~np.isnan(self.activations)]))

    def best(self, sign: Sign) -> float:
        """The most extreme activation on the pool."""
        return float(np.nanmax(self.activations) if sign == "max" else np.nanmin(self.activations))

    def order(self, sign: Sign) -> Int[np.ndarray, " image"]:
        """All images that can be read, the most extreme first."""
        order = np.argsort(-self.activations if sign == "max" else self.activations, kind="stable")
        return order[: np.count_nonzero(~np.isnan(self.activations))]

    def overlaps(self, one: int, other: int) -> bool:
        """Whether two images show the same part of the same source."""
        return _overlap((self.sources[one], self.boxes[one]), (self.sources[other], self.boxes[other])) > MAX_OVERLAP


@dataclass(frozen=True, kw_only=True)
class KeptActivations(NaturalActivations):
    """Those of the most extreme images alone, which an index keeps."""

    numbers: Sequence[int]
    """Of the images in the pool."""


class StoredBoxes(Sequence[Box]):
    """The boxes of a pool's images, read shard by shard as they are asked for."""

    def __init__(self, shards: Sequence[Manifest], *, store: ArtifactStore) -> None:
        self.shards, self.store = shards, store
        self.shard_size = shards[0].recipe["shard_size"]
        self.shard = lru_cache(maxsize=8)(self._shard)

    def __len__(self) -> int:
        return sum(shard.values["listed"] for shard in self.shards)

    def __getitem__(self, index: Any) -> Any:
        number, within = divmod(index, self.shard_size)
        return tuple(self.shard(number)[within].tolist())

    def _shard(self, number: int) -> Float[np.ndarray, "image 4"]:
        boxes: Float[np.ndarray, "image 4"] = np.load(io.BytesIO(self.store.read_blob(self.shards[number].file("boxes").sha256)))
        return boxes


def natural_activations(recipe: UnitRecipe, workshop: Workshop) -> NaturalActivations:
    """The activations of the recipe's unit on the recipe's pool, from the index that all units of the layer share."""
    unit = UnitAddress.parse(recipe.unit)
    made = workshop.obtain(index_recipe(recipe))
    shards = workshop.obtain_all([index_recipe(recipe).shard(number) for number in range(len(made.values["shards"]))])
    rows = workshop.store.read_ranges([_row(shard, unit.channel) for shard in shards])
    sources = [np.load(io.BytesIO(workshop.store.read_blob(shard.file("sources").sha256))) for shard in shards]
    return NaturalActivations(
        digest=made.digest,
        activations=np.concatenate([np.frombuffer(row, "<f4") for row in rows]),
        sources=np.concatenate(sources).tolist(),
        boxes=StoredBoxes(shards, store=workshop.store),
    )


def require_weights(model: ModelCard, index: Manifest) -> None:
    """Raise InputError unless the weights that were loaded are those behind an activation index."""
    one, other = model.weights.sha256, index.values["weights_sha256"]
    message = f"{model.id} was loaded from weights {one}, but index {index.digest} was made with {other}"
    require(one == other, "unit", message, OTHER_WEIGHTS)


def index_recipe(recipe: UnitRecipe) -> ActivationIndex:
    """The recipe of the activation index in which a unit's activations on its pool are."""
    unit = UnitAddress.parse(recipe.unit)
    return ActivationIndex(
        model=unit.model,
        layer=unit.layer,
        aggregation=recipe.aggregation,
        position="" if unit.row is None else f"{unit.row},{unit.column}",
        seed=recipe.seed,
        pool=recipe.pool,
        pool_size=recipe.pool_size,
        pool_resolution=recipe.pool_resolution,
    )


def _row(shard: Manifest, channel: int) -> tuple[str, int, int]:
    """Where the activations of a channel are stored; they are the last bytes of the file, channel after channel."""
    file, length = shard.file("activations"), 4 * shard.values["listed"]
    start = file.size - length * (shard.values["channels"] - channel)
    return file.sha256, start, start + length


def choose(natural: NaturalActivations, *, counts: Mapping[Sign, int], quantile: float = 1.0) -> dict[Sign, list[int]]:
    """The most extreme images of each sign, most extreme first, no source twice while the pool has enough of them.

    A source stands for itself by its most extreme variant. The signs take turns, so that neither gets all the sources
    that are extreme both ways. Where sources do not suffice, crops of one photograph may repeat without overlapping.
    With a `quantile` below 1 the lists begin at that share of the sources instead of at the extremes.

    Raises:
        InputError: The pool has too few images.
    """
    for distinct in (True, False):
        chosen = _take_turns(natural, counts=counts, quantile=quantile, distinct=distinct)
        if all(len(chosen[sign]) == count for sign, count in counts.items()):
            return chosen
    carried = " and ".join(f"{len(images)} {sign}" for sign, images in chosen.items())
    wanted = " and ".join(f"{count} {sign}" for sign, count in counts.items())
    raise InputError(
        field="pool",
        message=f"it carries {carried} images without repetition, wanted are {wanted}",
        remedy="Ask for fewer images or give a pool with more sources",
    )


def exemplars_of(
    recipe: UnitRecipe, workshop: Workshop, *, counts: Mapping[Sign, int], quantile: float = 1.0
) -> dict[Sign, dict[int, float]]:
    """As `choose` on the recipe's pool: for each sign the images, most extreme first, and their activations.

    Where the extremes that the index keeps suffice, nothing is read that grows with the pool.
    """
    kept = _kept(recipe, workshop)
    chosen = _take_turns(kept, counts=counts, quantile=1.0, distinct=True)
    # The first EXTREMES in order are those of the whole pool; what comes after them is the other sign's.
    certain = all(
        len(chosen[sign]) == count and set(chosen[sign]) <= set(kept.order(sign)[:EXTREMES].tolist())
        for sign, count in counts.items()
    )
    if quantile == 1.0 and certain:
        return {sign: {kept.numbers[i]: float(kept.activations[i]) for i in images} for sign, images in chosen.items()}
    natural = natural_activations(recipe, workshop)
    chosen = choose(natural, counts=counts, quantile=quantile)
    return {sign: {i: float(natural.activations[i]) for i in images} for sign, images in chosen.items()}


def _kept(recipe: UnitRecipe, workshop: Workshop) -> "KeptActivations":
    index, channel = index_recipe(recipe), UnitAddress.parse(recipe.unit).channel
    made = workshop.obtain(index)
    summary = LayerSummary.from_bytes(workshop.store.read_blob(made.file("summary").sha256))
    pairs = [(summary.max_images, summary.max_activations), (summary.min_images, summary.min_activations)]
    found = {image: a for images, values in pairs for image, a in zip(images[channel].tolist(), values[channel], strict=True)}
    numbers = sorted(found)
    places = [divmod(number, index.shard_size) for number in numbers]
    shards = {number: workshop.obtain(index.shard(number)) for number in sorted({number for number, _ in places})}
    sources = {n: np.load(io.BytesIO(workshop.store.read_blob(shard.file("sources").sha256))) for n, shard in shards.items()}
    return KeptActivations(
        digest=made.digest,
        activations=np.array([found[number] for number in numbers]),
        sources=[int(sources[number][within]) for number, within in places],
        boxes=(),
        numbers=numbers,
    )


def rank_at(quantile: float, count: int) -> int:
    """How many of `count` images are more extreme than a quantile, which is the rank of the first that is not.

    A fraction is cut off, as in Zimmermann et al. 2023: .99 of 1,281,167 images is rank 12,811.
    """
    # Rounded before, because (1 - .9) * 10 is a little less than 1.
    return math.floor(round((1 - quantile) * count, 6))


def _take_turns(
    natural: NaturalActivations, *, counts: Mapping[Sign, int], quantile: float, distinct: bool
) -> dict[Sign, list[int]]:
    chosen: dict[Sign, list[int]] = {sign: [] for sign in counts}
    taken: dict[Hashable, list[int]] = {}
    candidates = {sign: _candidates(natural, sign, quantile=quantile, distinct=distinct) for sign in counts}
    for turn in range(max(counts.values())):
        for sign in (sign for sign, count in counts.items() if turn < count):
            for image in candidates[sign]:
                rivals = taken.setdefault(natural.sources[image], [])
                if not rivals or (not distinct and not any(natural.overlaps(image, rival) for rival in rivals)):
                    rivals.append(image)
                    chosen[sign].append(image)
                    break
    return chosen


def _candidates(natural: NaturalActivations, sign: Sign, *, quantile: float, distinct: bool) -> Iterator[int]:
    """The images in the order in which they are tried."""
    order = natural.order(sign)
    if distinct:
        ordered_sources = np.asarray(natural.sources)[order]
        order = order[np.sort(np.unique(ordered_sources, return_index=True)[1])]
    return iter(order[rank_at(quantile, len(order)) :].tolist())


def repeats(images: Sequence[tuple[str, Box]]) -> dict[str, float]:
    """Of the pairs of these images, the share with a common source, and the share that shows the same part of it."""
    overlaps = [_overlap(one, other) for one, other in combinations(images, 2)]
    common = sum(one[0] == other[0] for one, other in combinations(images, 2))
    pairs = max(1, len(overlaps))
    return {"shared_sources": common / pairs, "violations": sum(overlap > MAX_OVERLAP for overlap in overlaps) / pairs}


def _overlap(one: tuple[Hashable, Box], other: tuple[Hashable, Box]) -> float:
    """Intersection over union of two boxes; 0 in different sources."""
    (source, a), (other_source, b) = one, other
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    if source != other_source or width <= 0 or height <= 0:
        return 0.0
    areas = sum((box[2] - box[0]) * (box[3] - box[1]) for box in (a, b))
    return width * height / (areas - width * height)
