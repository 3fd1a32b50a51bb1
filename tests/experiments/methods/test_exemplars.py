"""Activation indices and exemplars of the real network on real photographs."""

from pathlib import Path

import numpy as np
import pytest
import torch

from experiments.contract.errors import Cancelled
from experiments.contract.recipes import Exemplars, Sign
from experiments.datasets.pool import open_pool
from experiments.methods.natural import choose, exemplars_of, index_recipe, natural_activations
from experiments.workshop import LocalWorkshop
from model_zoo.activations import unit_activations
from model_zoo.address import UnitAddress
from model_zoo.loading import load
from tests.experiments.methods.workshops import POOL, UNIT, new_workshop, pixels_of

pytestmark = pytest.mark.unit


def test_kept_extremes_give_the_choice_of_the_whole_pool(tmp_path: Path):
    workshop, recipes = new_workshop(tmp_path), [Exemplars(unit=f"{UNIT[:-1]}{channel}", **POOL) for channel in range(8)]
    counts: dict[Sign, int] = {"max": 4, "min": 4}
    whole = [choose(natural_activations(recipe, workshop), counts=counts) for recipe in recipes]

    # Without the activations of every image there is nothing else to choose from.
    shard = workshop.obtain(index_recipe(recipes[0]).shard(0))
    (tmp_path / "blobs" / shard.file("activations").sha256).unlink()
    kept = [exemplars_of(recipe, workshop, counts=counts) for recipe in recipes]

    assert [{sign: list(images) for sign, images in one.items()} for one in kept] == whole


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> LocalWorkshop:
    return new_workshop(tmp_path_factory.mktemp("store"))


def test_index_holds_what_the_network_gives_image_by_image(workshop: LocalWorkshop):
    unit = UnitAddress.parse(UNIT)
    natural = natural_activations(Exemplars(unit=UNIT, **POOL), workshop)
    pool, model = open_pool("photographs", size=100, seed=3), load(unit.model, device="cpu")

    for index in (0, 41, 99):
        image = pool.read(index, side=64)
        alone = torch.tensor(image.pixels).permute(2, 0, 1)[None] / 255
        activation = unit_activations(model, unit, aggregation="mean", images=alone).item()
        assert natural.activations[index] == pytest.approx(activation, abs=1e-4)
        assert natural.boxes[index] == image.box
    assert len(natural.activations) == len(natural.boxes) == 100
    assert natural.activations.dtype == np.float32


def test_units_of_a_layer_share_one_index(workshop: LocalWorkshop):
    parents = [workshop.obtain(Exemplars(unit=unit, k=1, **POOL)).parents for unit in (UNIT, UNIT[:-1] + "6")]

    assert parents[0] == parents[1]


def test_exemplars_are_in_order_and_carry_their_activation(workshop: LocalWorkshop, tmp_path: Path):
    made = workshop.obtain(Exemplars(unit=UNIT, k=4, size=48, **POOL))

    largest = [made.file(f"max_{i:03d}").about["activation"] for i in range(4)]
    smallest = [made.file(f"min_{i:03d}").about["activation"] for i in range(4)]
    assert largest == sorted(largest, reverse=True)
    assert smallest == sorted(smallest)
    assert smallest[-1] < largest[-1]
    assert len({file.about["source"] for file in made.files}) == 8
    assert {name: made.values[name] for name in ("sources", "shared_sources", "violations", "dead")} == {
        "sources": 10,
        "shared_sources": 0,
        "violations": 0,
        "dead": False,
    }
    assert pixels_of(made, "max_000", workshop=workshop, tmp_path=tmp_path).shape == (48, 48, 3)


def test_same_recipe_gives_the_same_bytes(workshop: LocalWorkshop, tmp_path: Path):
    recipe = Exemplars(unit=UNIT, k=3, size=32, **POOL)

    again = new_workshop(tmp_path).obtain(recipe)

    assert [file.sha256 for file in workshop.obtain(recipe).files] == [file.sha256 for file in again.files]


def test_cancelling_leaves_nothing_behind(tmp_path: Path):
    def cancel(done: int, _total: int, _doing: str) -> None:
        if done:
            raise Cancelled

    workshop = LocalWorkshop(store=new_workshop(tmp_path).store, device="cpu", report=cancel)
    recipe = Exemplars(unit=UNIT, **POOL)

    with pytest.raises(Cancelled):
        workshop.obtain(recipe)

    assert workshop.store.manifest(recipe.digest) is None
