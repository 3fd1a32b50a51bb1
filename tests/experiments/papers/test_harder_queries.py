"""The harder queries of the web 2-AFC: where they stand among all images, and pools that are too small for them."""

from pathlib import Path

import numpy as np
import pytest

from experiments.contract.artifacts import Manifest, StoredFile
from experiments.contract.errors import InputError
from experiments.contract.recipes import recipe_from_json
from experiments.methods.natural import natural_activations
from experiments.papers.zimmermann2023_scale import design as scale
from experiments.papers.zimmermann2023_scale.stimuli import batches_beyond
from experiments.workshop import LocalWorkshop
from tests.experiments.papers.stimulus_sets import asked, made

pytestmark = pytest.mark.integration


@pytest.mark.parametrize(("part", "rank"), [("hard", 10), ("very_hard", 30)])
def test_scale_harder_queries_begin_at_their_percentile(part: str, rank: int, workshop: LocalWorkshop, folder: Path):
    pool = {"pool": str(folder), "pool_size": 200, "pool_resolution": 32, "max_batches": 1}

    result, natural = made(scale, part, workshop=workshop, **pool), made(scale, "natural", workshop=workshop, **pool)

    exemplars = recipe_from_json(workshop.store.manifest(natural.parents[0]).recipe)
    activations = np.sort(natural_activations(exemplars, workshop).activations)
    assert {file.name for file in result.files} == {"batch0/min_9", "batch0/max_9"}
    # The published rule: of N images the query has rank floor((1 - quantile) * N) from its end.
    assert result.file("batch0/min_9").about["activation"] == activations[rank]
    assert result.file("batch0/max_9").about["activation"] == activations[-1 - rank]
    assert result.values["batches"] == natural.values["batches"] == 1


def test_scale_harder_queries_are_as_many_as_the_batches_and_in_random_order(workshop: LocalWorkshop, folder: Path):
    pool = {"pool": str(folder), "pool_size": 200, "pool_resolution": 32, "max_batches": 3}

    result = made(scale, "very_hard", workshop=workshop, **pool)

    assert {file.name for file in result.files} == {f"batch{b}/{sign}_9" for b in range(3) for sign in ("min", "max")}
    assert len({file.sha256 for file in result.files}) == 6


@pytest.mark.parametrize(
    ("part", "batches", "remedy"),
    [
        ("medium", 1, "Give a pool of at least 900 sources"),
        ("hard", 2, "Set max_batches to at most 1, or give a pool of at least 360 sources"),
        ("very_hard", 4, "Set max_batches to at most 3, or give a pool of at least 240 sources"),
    ],
)
def test_scale_harder_queries_among_the_references_are_refused(
    part: str, batches: int, remedy: str, workshop: LocalWorkshop, folder: Path
):
    pool = {"pool": str(folder), "pool_size": 200, "pool_resolution": 32, "max_batches": batches}
    recipe = asked(scale, part, **pool)

    with pytest.raises(InputError) as raised:
        workshop.obtain(recipe)

    assert (raised.value.field, raised.value.remedy) == ("pool", remedy)
    assert workshop.store.manifest(recipe.digest) is None


def ranked(activations: list[float], sources: str) -> Manifest:
    """Exemplars with these activations, the most extreme first."""
    files = tuple(
        StoredFile(
            name=f"max_{rank:03d}",
            sha256="",
            size=0,
            media_type="image/png",
            about={"activation": activation, "source": source, "box": [0, 0, 1, 1]},
        )
        for rank, (activation, source) in enumerate(zip(activations, sources, strict=True))
    )
    return Manifest(digest="", recipe={}, files=files, values={}, parents=(), provenance={})


@pytest.mark.parametrize(
    ("queries", "sources", "batches"),
    [
        ([1.0, 0.9], "st", 2),
        ([2.0, 0.9], "st", 2),
        # More extreme than the weakest reference of both batches, though not a reference itself: an image of a source that the
        # other sign has taken.
        ([2.1, 0.9], "st", 1),
        ([11.1, 0.9], "st", 0),
        # Equal activations: one of the queries is the reference of rank 9.
        ([2.0, 2.0], "sj", 1),
    ],
)
def test_harder_queries_are_beyond_every_reference(queries: list[float], sources: str, batches: int):
    references = ranked([float(19 - rank) for rank in range(17)] + [2.0], "abcdefghijklmnopqr")

    assert batches_beyond(references, ranked(queries, sources), "max", batches=2) == batches


def test_scale_harder_queries_of_few_photographs_are_refused(workshop: LocalWorkshop):
    with pytest.raises(InputError) as raised:
        made(scale, "very_hard", workshop=workshop)

    assert raised.value.field == "pool"
