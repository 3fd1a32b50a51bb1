"""The stimulus sets of the papers that ask people, made small with the real network, and laid out as published."""

import io
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from experiments.contract.errors import InputError
from experiments.contract.recipes import StimulusSet
from experiments.methods.batches import rank_bins
from experiments.papers.borowski2021_exemplary import design as laboratory
from experiments.papers.zimmermann2021_causal import design as causal
from experiments.papers.zimmermann2023_scale import design as scale
from experiments.workshop import LocalWorkshop
from tests.experiments.methods.workshops import UNIT
from tests.experiments.papers.stimulus_sets import asked, made

pytestmark = pytest.mark.integration


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


def test_causal_natural_says_what_the_baselines_choose(workshop: LocalWorkshop):
    result = made(causal, "natural", workshop=workshop)
    occlusion = workshop.store.manifest(result.parents[1])

    assert occlusion is not None
    base = np.asarray(Image.open(io.BytesIO(workshop.store.read_blob(result.file("batch0/base").sha256)))) / 255
    # Shown at 48 px, swept at 64 with a square of 26.
    positions = {copy: occlusion.values[f"{copy}_position"] for copy in ("min", "max")}
    corners = {
        copy: [(round(start * 0.75), round((start + 26) * 0.75)) for start in position] for copy, position in positions.items()
    }
    deviations = {copy: base[top:bottom, left:right].std() for copy, ((top, bottom), (left, right)) in corners.items()}
    distances = {copy: np.hypot(*(start + 13 - 31.5 for start in position)) for copy, position in positions.items()}
    (effect,) = result.values["effects"]
    assert effect["variance"] == min(deviations, key=lambda copy: deviations[copy])
    assert effect["center"] == max(distances, key=lambda copy: distances[copy])
    assert effect["saliency"] in ("min", "max")


def test_causal_mixed_is_one_diverse_batch_of_four_of_its_own(workshop: LocalWorkshop):
    mixed, synthetic = (made(causal, part, workshop=workshop) for part in ("mixed", "synthetic"))

    assert [file.name for file in mixed.files] == [f"reference_{i}" for i in range(4)]
    assert {file.sha256 for file in mixed.files}.isdisjoint(file.sha256 for file in synthetic.files)


def test_causal_blur_shows_the_references_of_the_batch_but_for_a_square_blurred(workshop: LocalWorkshop):
    natural, blurred = (made(causal, part, workshop=workshop) for part in ("natural", "blur"))

    assert [file.name for file in blurred.files] == [f"batch0/reference_{i}" for i in range(9)]
    for file, parent in zip(blurred.files, blurred.parents, strict=True):
        sweep = workshop.store.manifest(parent)
        assert sweep is not None
        assert sweep.file("base").sha256 == natural.file(file.name).sha256
        assert file.sha256 == sweep.file("max").sha256
        assert file.about["activation"] == np.max(sweep.values["grid"])


def test_laboratory_natural_has_queries_beyond_its_references(workshop: LocalWorkshop, folder: Path):
    pool = {"pool": str(folder), "pool_size": 200, "pool_resolution": 32}

    result = made(laboratory, "natural", workshop=workshop, **pool)

    assert result.values["batches"] == 5
    for sign, direction in (("max", 1), ("min", -1)):
        bins = [[direction * result.file(f"batch{b}/{sign}_{i}").about["activation"] for b in range(5)] for i in range(10)]
        # By rank: the weakest bin first, the strongest, that of the queries, last; chance decides within each of them.
        assert all(max(weaker) <= min(stronger) for weaker, stronger in pairwise(bins))
        assert any(of_bin != sorted(of_bin) for of_bin in bins)


def test_laboratory_synthetic_is_one_diverse_batch_a_sign_the_most_extreme_last(workshop: LocalWorkshop):
    result = made(laboratory, "synthetic", workshop=workshop)

    assert [file.name for file in result.files] == [f"{sign}_{i}" for sign in ("min", "max") for i in range(9)]
    assert len(result.parents) == 2
    for sign, direction in (("max", 1), ("min", -1)):
        reached = [result.file(f"{sign}_{i}").about["activation"] for i in range(9)]
        assert result.values[sign]["activations"] == reached
        strength = [direction * activation for activation in reached]
        assert strength == sorted(strength)


def test_files_are_shown_at_one_size(workshop: LocalWorkshop):
    parts = [(design, part) for design in (scale, causal, laboratory) for part in ("natural", "synthetic")]
    sets = [made(design, part, workshop=workshop) for design, part in [*parts, (causal, "mixed"), (causal, "blur")]]

    assert {(file.about["width"], file.about["height"]) for result in sets for file in result.files} == {(48, 48)}


@pytest.mark.parametrize("paper", [scale, causal, laboratory])
def test_make_refuses_what_it_does_not_know(paper: Any, workshop: LocalWorkshop):
    incomplete = StimulusSet(paper=paper.SLUG, part="natural", unit=UNIT, settings={})

    for recipe, field in (
        (asked(paper, "unheard_of"), "part"),
        (incomplete, "settings"),
        (asked(paper, "natural", max_batches=0), "max_batches"),
    ):
        with pytest.raises(InputError) as raised:
            workshop.obtain(recipe)
        assert raised.value.field == field


@pytest.mark.parametrize(
    ("paper", "part", "pool_size"), [(scale, "natural", 10), (causal, "blur", 9), (laboratory, "natural", 19)]
)
def test_make_refuses_a_pool_that_carries_no_batch(paper: Any, part: str, pool_size: int, workshop: LocalWorkshop):
    with pytest.raises(InputError) as raised:
        made(paper, part, workshop=workshop, pool_size=pool_size)

    assert raised.value.field == "pool"
