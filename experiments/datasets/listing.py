"""A part of a pool as JSON, and back: it says which images are in it, so that every worker means the same ones."""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from experiments.contract.fields import Json
from experiments.datasets.pool import Pool, is_named, named_sources
from experiments.datasets.sources import Source, frame_center


def source_numbers(pool: Pool) -> list[int]:
    """For each image of a pool the number of its source; the images of a source stand together."""
    numbers: list[int] = []
    previous = None
    for source, _ in pool.variants:
        numbers.append(numbers[-1] + (source is not previous) if numbers else 0)
        previous = source
    return numbers


def as_records(pool: Pool, *, name: str, size: int) -> Iterator[list[dict[str, Json]]]:
    """The images of the pool called `name`, `size` a part: source, variant, and where the user's own images lie."""
    # What comes with packages lies elsewhere on every machine, and is found by its name.
    is_own = not is_named(name)
    numbers = source_numbers(pool)
    for first in range(0, len(pool), size):
        part = slice(first, first + size)
        yield [
            {"name": source.name, "source": number, "variant": variant, **(_place(source) if is_own else {})}
            for (source, variant), number in zip(pool.variants[part], numbers[part], strict=True)
        ]


def from_records(records: Sequence[Mapping[str, Json]], *, name: str, seed: int) -> Pool:
    """The part of a pool that `as_records` described."""
    source = _by_name(name).__getitem__ if is_named(name) else None
    variants = tuple((source(record["name"]) if source else _own(record), record["variant"]) for record in records)
    return Pool(seed=seed, variants=variants)


def _place(source: Source) -> dict[str, Json]:
    return {"path": str(source.path), "span": source.span}


def _own(record: Mapping[str, Json]) -> Source:
    span = tuple(record["span"]) if record["span"] else None
    return Source(name=record["name"], path=Path(record["path"]), frame=frame_center, variants=1, span=span)


@lru_cache(maxsize=4)
def _by_name(pool: str) -> Mapping[str, Source]:
    return {source.name: source for source in named_sources(pool)}
