"""Maker of the lists of a pool's images, and the pool as such a list describes it: opened part by part."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Self

from experiments.contract.artifacts import ArtifactStore, Manifest, NewFile, Product, Workshop
from experiments.contract.errors import InputError
from experiments.contract.fields import Json, canonical_json
from experiments.contract.recipes import PoolListing, Trajectories, UnitRecipe
from experiments.datasets.listing import as_records, from_records, source_numbers
from experiments.datasets.pool import Pool, PoolImage, open_pool

NAMED_UNREADABLE = 20
"""Images that cannot be read are counted; so many are named."""


def make(recipe: PoolListing, workshop: Workshop) -> Product:
    """Look the pool through once, without reading its images."""
    workshop.report(0, 1, "listing the pool")
    pool = open_pool(recipe.pool, size=recipe.pool_size, seed=recipe.seed)
    parts = as_records(pool, name=recipe.pool, size=recipe.shard_size)
    files = [
        NewFile(name=f"part_{number:05d}", content=canonical_json(records).encode(), media_type="application/json")
        for number, records in enumerate(parts)
    ]
    values = {
        "images": len(pool),
        "asked": recipe.pool_size,
        "sources": source_numbers(pool)[-1] + 1,
        "skipped": [{"shard": one.shard, "reason": one.reason, "images_lost": one.images_lost} for one in pool.skipped],
    }
    return Product(new_files=files, values=values)


class ListedPool:
    """A pool as its listing says it is; only the parts that are asked for are in memory."""

    def __init__(self, listing: Manifest, *, store: ArtifactStore) -> None:
        self.listing, self.store = listing, store
        self.part = lru_cache(maxsize=4)(self._part)
        self.unreadable: dict[int, dict[str, Json]] = {}

    @classmethod
    def of(cls, recipe: UnitRecipe | Trajectories, workshop: Workshop) -> Self:
        """The pool of a recipe, as it was when its images were first numbered: files that came later shift nothing."""
        listing = PoolListing(seed=recipe.seed, pool=recipe.pool, pool_size=recipe.pool_size)
        return cls(workshop.obtain(listing), store=workshop.store)

    def __len__(self) -> int:
        return int(self.listing.values["images"])

    def read(self, index: int, *, side: int) -> PoolImage:
        """The image with this number, `side` px square.

        Raises:
            InputError: Its file cannot be read any more.
        """
        number, within = divmod(index, self.listing.recipe["shard_size"])
        return self.part(number)[0].read(within, side=side)

    def images(self, numbers: Iterable[int], *, side: int) -> Iterator[PoolImage]:
        """Those with these numbers that can be read; `lost` counts the others.

        Raises:
            InputError: None of them can.
        """
        reasons, read = [], 0
        for number in numbers:
            try:
                image = self.read(number, side=side)
            except InputError as error:
                part, within = divmod(number, self.listing.recipe["shard_size"])
                name = self.part(part)[0].variants[within][0].name
                self.unreadable[number] = {"source": name, "reason": error.message}
                reasons.append(error.message)
            else:
                read += 1
                yield image
        if not read:
            message = f"none of {len(reasons)} images can be read; {reasons[0]}"
            raise InputError(field="pool", message=message, remedy="Give a pool of whole images")

    @property
    def lost(self) -> Mapping[str, Json]:
        """What could not be read of what was asked for, as the values of artifacts tell it."""
        return {
            "skipped": self.listing.values["skipped"],
            "unreadable_images": len(self.unreadable),
            "unreadable": list(self.unreadable.values())[:NAMED_UNREADABLE],
        }

    def _part(self, number: int) -> tuple[Pool, Sequence[int]]:
        """A part of the pool, and for each of its images the number of its source."""
        records = json.loads(self.store.read_blob(self.listing.files[number].sha256))
        pool = from_records(records, name=self.listing.recipe["pool"], seed=self.listing.recipe["seed"])
        return pool, [record["source"] for record in records]
