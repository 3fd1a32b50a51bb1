"""One pass in shards: the same whatever the shards, whatever cannot be read is counted, and a broken network is named."""

import dataclasses
import hashlib
import json
import tarfile
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from experiments.contract.artifacts import Manifest
from experiments.contract.errors import InputError
from experiments.contract.pool_report import pool_report
from experiments.contract.recipes import ActivationIndex, Exemplars, FeatureVisualization, Occlusion, UnitRecipe
from experiments.datasets.pool import open_pool
from experiments.methods.layer_summary import LayerSummary
from experiments.methods.natural import index_recipe
from experiments.workshop import LocalWorkshop
from model_zoo.catalogue import card
from model_zoo.loading import load
from tests.experiments.methods.workshops import POOL, new_workshop

pytestmark = pytest.mark.unit
MODEL, LAYER = "efficientnet_lite0.in1k", "_blocks.0"


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> LocalWorkshop:
    return new_workshop(tmp_path_factory.mktemp("store"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Six images in two class folders, and two files that are none."""
    rng = np.random.default_rng(1)
    for number in range(6):
        path = tmp_path / "pool" / f"class{number % 2}" / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(0, 256, size=(40, 40, 3), dtype=np.uint8)).save(path)
    for name in ("class0/a.png", "class1/b.png"):
        (tmp_path / "pool" / name).write_bytes(b"no image")
    return tmp_path / "pool"


def summary(made: Manifest, *, workshop: LocalWorkshop) -> LayerSummary:
    return LayerSummary.from_bytes(workshop.store.read_blob(made.file("summary").sha256))


def test_shards_make_the_index_of_a_single_pass(workshop: LocalWorkshop):
    whole = workshop.obtain(ActivationIndex(model=MODEL, layer=LAYER, **POOL))
    # Each but the last of eleven images, so that sources have images in two shards.
    merged = workshop.obtain(ActivationIndex(model=MODEL, layer=LAYER, shard_size=11, **POOL))

    one, other = summary(whole, workshop=workshop), summary(merged, workshop=workshop)
    assert (len(whole.values["shards"]), len(merged.values["shards"])) == (1, 10)
    assert merged.values["sources"] == whole.values["sources"] == 10
    assert merged.values["images"] == whole.values["images"] == 100
    # The images share a forward pass with others, which moves the last digits.
    np.testing.assert_allclose(other.max_activations, one.max_activations, atol=1e-5)
    np.testing.assert_array_equal(other.max_images[:, :3], one.max_images[:, :3])


def test_shards_that_are_there_are_not_made_again(workshop: LocalWorkshop):
    recipe = ActivationIndex(model=MODEL, layer=LAYER, shard_size=7, **{**POOL, "pool_size": 21})
    first = workshop.obtain(recipe.shard(1))
    done: list[str] = []
    counting = dataclasses.replace(workshop, report=lambda _done, _total, doing: done.append(doing))

    made = counting.obtain(recipe)

    assert made.values["shards"][1] == first.digest
    assert {doing for doing in done if "shard" in doing} == {
        "activations of natural images, shard 1 of 3",
        "activations of natural images, shard 3 of 3",
    }


def test_images_that_cannot_be_read_are_counted_and_left_out(workshop: LocalWorkshop, folder: Path):
    recipe = Exemplars(unit=f"{MODEL}/{LAYER}:3", pool=str(folder), pool_size=50, pool_resolution=32, k=3, size=32)

    made = workshop.obtain(recipe)

    assert (made.values["images"], made.values["asked"], made.values["unreadable_images"]) == (6, 50, 2)
    assert [one["source"] for one in made.values["unreadable"]] == ["class0/a.png", "class1/b.png"]
    assert {file.about["source"] for file in made.files} == {f"class{number % 2}/{number}.png" for number in range(6)}
    assert pool_report(made.values) == [
        "pool: 6 images, fewer than the 50 asked for",
        "pool: 2 images cannot be read, the first is class0/a.png",
    ]


def test_exemplars_from_tar_files_say_which_shard_is_broken(workshop: LocalWorkshop, folder: Path, tmp_path: Path):
    for number in range(2):
        with tarfile.open(tmp_path / f"{number}.tar", "w") as archive:
            archive.add(folder / f"class{number}", arcname="")
    broken = tmp_path / "1.tar"
    broken.write_bytes(broken.read_bytes()[:11_000])
    pool = f"{tmp_path}/{{0..1}}.tar"

    made = workshop.obtain(Exemplars(unit=f"{MODEL}/{LAYER}:3", pool=pool, pool_size=50, pool_resolution=32, k=1, size=32))

    (skipped,) = made.values["skipped"]
    assert skipped["shard"] == str(broken)
    assert skipped["images_lost"] == 1
    assert 3 <= made.values["images"] < 6
    assert any("1.tar" in line and "at least 1 images lost" in line for line in pool_report(made.values))


def test_more_exemplars_than_can_be_read_are_refused(workshop: LocalWorkshop, folder: Path):
    with pytest.raises(InputError, match="wanted are 4 max and 4 min") as raised:
        workshop.obtain(Exemplars(unit=f"{MODEL}/{LAYER}:3", pool=str(folder), pool_size=50, pool_resolution=32, k=4))

    assert raised.value.field == "pool"


def test_pool_without_any_image_that_can_be_read_is_refused(workshop: LocalWorkshop, tmp_path: Path):
    (tmp_path / "a.png").write_bytes(b"no image")

    with pytest.raises(InputError, match="none of its 1 images can be read") as raised:
        workshop.obtain(ActivationIndex(model=MODEL, layer=LAYER, pool=str(tmp_path), pool_resolution=32))

    assert raised.value.field == "pool"


def with_other_weights(made: Manifest, *, workshop: LocalWorkshop) -> None:
    """As if a worker with another file of weights had made it."""
    path = Path(workshop.store.root) / "manifests" / f"{made.digest}.json"
    path.write_text(path.read_text().replace(made.values["weights_sha256"], "f" * 64))


def test_shards_of_different_weights_are_not_merged(workshop: LocalWorkshop, folder: Path):
    recipe = ActivationIndex(model=MODEL, layer=LAYER, pool=str(folder), pool_resolution=32, shard_size=4)
    with_other_weights(workshop.obtain(recipe.shard(1)), workshop=workshop)

    with pytest.raises(InputError, match=f"{recipe.shard(1).digest} with {'f' * 64}") as raised:
        workshop.obtain(recipe)

    assert raised.value.field == "model"


@pytest.mark.parametrize("kind", [FeatureVisualization, Occlusion])
def test_unit_is_not_compared_with_activations_of_other_weights(workshop: LocalWorkshop, folder: Path, kind: type[UnitRecipe]):
    recipe = kind(unit=f"{MODEL}/{LAYER}:3", pool=str(folder), pool_resolution=32)
    with_other_weights(workshop.obtain(index_recipe(recipe)), workshop=workshop)

    with pytest.raises(InputError, match="was made with ffff") as raised:
        workshop.obtain(recipe)

    assert raised.value.field == "unit"


def test_histogram_counts_the_whole_pool_and_says_where_exemplars_lie(workshop: LocalWorkshop):
    made = workshop.obtain(Exemplars(unit=f"{MODEL}/{LAYER}:2", k=2, size=32, **POOL))

    histogram = made.values["histogram"]
    assert sum(histogram["counts"]) == 100
    for sign in ("max", "min"):
        activations = [made.file(f"{sign}_{rank:03d}").about["activation"] for rank in range(2)]
        assert histogram["exemplars"][sign] == (np.digitize(activations, histogram["edges"]) - 1).tolist()


@pytest.fixture
def damaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A copy of the network in which a unit of the layer is dead and another one gives NaN where it responds at all."""
    name = "local.0123456789ab"
    state = {
        key: tensor.clone(memory_format=torch.contiguous_format)
        for key, tensor in load(MODEL, device="cpu").network.state_dict().items()
    }
    state[f"{LAYER}._bn2.weight"][5] = state[f"{LAYER}._bn2.bias"][5] = 0.0
    state["_blocks.1._bn2.bias"][7] = float("nan")
    folder = tmp_path / "zoo" / name
    folder.mkdir(parents=True)
    save_file(state, folder / "weights.safetensors")
    sha256 = hashlib.sha256((folder / "weights.safetensors").read_bytes()).hexdigest()
    body = dataclasses.asdict(card(MODEL))
    body |= {"id": name, "weights": {**body["weights"], "package": "", "file": f"{name}/weights.safetensors", "sha256": sha256}}
    (folder / "card.json").write_text(json.dumps(body))
    monkeypatch.setenv("ZOO_DIR", str(tmp_path / "zoo"))
    return name


def test_dead_unit_is_flagged(workshop: LocalWorkshop, damaged: str):
    dead, alive = (
        workshop.obtain(Exemplars(unit=f"{damaged}/{LAYER}:{channel}", k=1, size=32, **{**POOL, "pool_size": 20}))
        for channel in (5, 6)
    )

    assert (dead.values["dead"], alive.values["dead"]) == (True, False)
    assert len(dead.values["histogram"]["counts"]) == 1


def test_activation_that_is_no_number_names_layer_and_image(workshop: LocalWorkshop, damaged: str):
    first = open_pool("photographs", size=20, seed=POOL["seed"]).variants[0][0].name

    with pytest.raises(InputError) as raised:
        workshop.obtain(ActivationIndex(model=damaged, layer="_blocks.1", **{**POOL, "pool_size": 20}))

    assert raised.value.field == "unit"
    assert "channel 7 of _blocks.1 gives nan" in raised.value.message
    assert first in raised.value.message
