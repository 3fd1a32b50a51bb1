"""The stimulus sets of both papers, made small with the real network, and laid out as published."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from experiments.contract.artifacts import Manifest
from experiments.contract.errors import InputError
from experiments.contract.recipes import StimulusSet
from experiments.methods.batches import rank_bins
from experiments.papers.zimmermann2021_causal import design as causal
from experiments.papers.zimmermann2023_scale import design as scale
from experiments.workshop import LocalWorkshop
from tests.experiments.methods.workshops import UNIT, new_workshop

pytestmark = pytest.mark.integration

SMALL = {
    "pool_size": 300,
    "pool_resolution": 64,
    "size": 64,
    "shown_size": 48,
    "steps": 4,
    "diversity": 1.0,
    "stride": 12,
    "transforms": "standard",
}


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> LocalWorkshop:
    return new_workshop(tmp_path_factory.mktemp("store"))


def made(design: Any, part: str, *, workshop: LocalWorkshop, **changes: Any) -> Manifest:
    return workshop.obtain(asked(design, part, **changes))


def asked(design: Any, part: str, **changes: Any) -> StimulusSet:
    fields = {name: getattr(design.Settings(), name) for name in design.STIMULUS_SETTINGS}
    small = {name: value for name, value in SMALL.items() if name in fields}
    return StimulusSet(paper=design.SLUG, part=part, unit=UNIT, settings={**fields, **small, **changes})


def test_rank_bins_end_with_the_strongest():
    assert rank_bins(2)[0] == [19, 18]
    assert rank_bins(2)[-1] == [1, 0]


def test_scale_natural_has_references_by_rank_and_a_query_beyond_them(workshop: LocalWorkshop):
    result = made(scale, "natural", workshop=workshop)

    assert result.values["batches"] == 1
    assert {file.name for file in result.files} == {f"batch0/{sign}_{i}" for sign in ("min", "max") for i in range(10)}
    for sign, direction in (("max", 1), ("min", -1)):
        strength = [direction * result.file(f"batch0/{sign}_{i}").about["activation"] for i in range(10)]
        # The query is the weakest of all; of the references the last is the strongest.
        query, references = strength[9], strength[:9]
        assert all(weaker <= stronger for weaker, stronger in pairwise([query, *references]))


def test_scale_natural_on_bare_photographs_never_repeats_a_part(workshop: LocalWorkshop):
    result = made(scale, "natural", workshop=workshop)

    # Twenty images from ten photographs.
    assert result.values["violations"] == 0
    assert result.values["shared_sources"] > 0


@pytest.mark.skipif(not Path("/usr/share/tuxpaint/stamps").is_dir(), reason="tuxpaint-stamps-default is not installed")
def test_natural_batches_are_as_many_as_the_pool_carries(workshop: LocalWorkshop):
    pool = {"pool": "photographs+stamps", "pool_size": 200, "pool_resolution": 32}

    result = made(scale, "natural", workshop=workshop, **pool)

    # A quarter of 200 sources, in batches of ten.
    assert result.values["batches"] == 5
    assert (result.values["shared_sources"], result.values["violations"]) == (0, 0)
    assert len(result.files) == 100
    for sign, direction in (("max", 1), ("min", -1)):
        bins = [[direction * result.file(f"batch{b}/{sign}_{i}").about["activation"] for b in range(5)] for i in range(10)]
        for weaker, stronger in pairwise([bins[9], *bins[:9]]):
            assert max(weaker) <= min(stronger)
    assert made(scale, "natural", workshop=workshop, **pool, max_batches=2).values["batches"] == 2


def test_scale_synthetic_has_eight_diverse_images_and_one_alone(workshop: LocalWorkshop):
    result = made(scale, "synthetic", workshop=workshop)

    assert [file.name for file in result.files] == [f"{sign}_{i}" for sign in ("min", "max") for i in range(9)]
    for sign in ("min", "max"):
        reached = [result.file(f"{sign}_{i}").about["activation"] for i in range(9)]
        assert result.values[sign]["activations"] == reached
    assert len(result.parents) == 4


def test_causal_natural_occludes_the_strongest_image(workshop: LocalWorkshop):
    result = made(causal, "natural", workshop=workshop)

    names = [*(f"reference_{i}" for i in range(9)), "base", "min", "max"]
    assert {file.name for file in result.files} == {f"batch0/{name}" for name in names}
    strength = [result.file(f"batch0/{name}").about["activation"] for name in names[:10]]
    assert strength == sorted(strength)
    (effect,) = result.values["effects"]
    assert effect["relative_difference"] == pytest.approx((effect["max"] - effect["min"]) / effect["base"])
    assert effect["min"] == result.file("batch0/min").about["activation"]


def test_causal_synthetic_is_one_diverse_batch_of_nine(workshop: LocalWorkshop):
    result = made(causal, "synthetic", workshop=workshop)

    assert [file.name for file in result.files] == [f"reference_{i}" for i in range(9)]


def test_files_are_shown_at_one_size(workshop: LocalWorkshop):
    sets = [made(design, part, workshop=workshop) for design in (scale, causal) for part in ("natural", "synthetic")]

    assert {(file.about["width"], file.about["height"]) for result in sets for file in result.files} == {(48, 48)}


@pytest.mark.parametrize("paper", [scale, causal])
def test_make_refuses_what_it_does_not_know(paper: Any, workshop: LocalWorkshop):
    incomplete = StimulusSet(paper=paper.SLUG, part="natural", unit=UNIT, settings={})

    for recipe, field in (
        (asked(paper, "mixed"), "part"),
        (incomplete, "settings"),
        (asked(paper, "natural", max_batches=0), "max_batches"),
    ):
        with pytest.raises(InputError) as raised:
            workshop.obtain(recipe)
        assert raised.value.field == field


def test_make_refuses_a_pool_that_carries_no_batch(workshop: LocalWorkshop):
    with pytest.raises(InputError) as raised:
        made(scale, "natural", workshop=workshop, pool_size=10)

    assert raised.value.field == "pool"
