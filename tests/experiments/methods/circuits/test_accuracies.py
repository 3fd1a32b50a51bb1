"""Accuracy on labeled images before and after a circuit: labels are names of folders, images are read in batches."""

import dataclasses
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from experiments.contract.errors import InputError
from experiments.contract.recipes import PoolListing
from experiments.methods.circuits.natural_effect import accuracies
from experiments.methods.pool_listing import ListedPool
from experiments.workshop import LocalWorkshop
from model_zoo.loading import load
from tests.experiments.methods.workshops import new_workshop

pytestmark = pytest.mark.integration
MODEL = "efficientnet_lite0.in1k"


def silent(_done: int, _total: int, _doing: str) -> None:
    """No progress."""


@pytest.fixture
def workshop(tmp_path_factory: pytest.TempPathFactory) -> LocalWorkshop:
    return new_workshop(tmp_path_factory.mktemp("store"))


def listed(folder: Path, *, workshop: LocalWorkshop) -> ListedPool:
    return ListedPool(workshop.obtain(PoolListing(pool=str(folder))), store=workshop.store)


def test_accuracy_counts_folders_named_by_class(workshop: LocalWorkshop, tmp_path: Path):
    model = load(MODEL, device="cpu")
    rng = np.random.default_rng(1)
    for name in ("7", "12"):
        (tmp_path / name).mkdir()
        Image.fromarray(rng.integers(0, 255, (40, 40, 3), dtype=np.uint8)).save(tmp_path / name / "a.png")

    (tmp_path / "12" / "broken.png").write_bytes(b"no image")

    shares = accuracies(model, model, labeled=listed(tmp_path, workshop=workshop), report=silent)

    assert (shares["images"], shares["unreadable_images"]) == (2, 1)
    assert shares["before"] == shares["after"]


def test_labeled_images_are_read_a_batch_at_a_time(tmp_path: Path, workshop: LocalWorkshop):
    model, images, side = load(MODEL, device="cpu"), 24, 224
    (tmp_path / "7").mkdir()
    for number in range(images):
        Image.new("RGB", (40, 40), (10 * number, 0, 0)).save(tmp_path / "7" / f"{number}.png")

    tracemalloc.start()
    accuracies(model, model, labeled=listed(tmp_path, workshop=workshop), report=silent)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < images * side * side * 3


@pytest.mark.parametrize("folder", ["1000", "cats"])
def test_folders_named_by_no_class_are_refused(tmp_path: Path, folder: str, workshop: LocalWorkshop):
    model = load(MODEL, device="cpu")
    (tmp_path / folder).mkdir()
    Image.new("RGB", (40, 40)).save(tmp_path / folder / "a.png")

    with pytest.raises(InputError, match=f"{folder}/a.png"):
        accuracies(model, model, labeled=listed(tmp_path, workshop=workshop), report=silent)


def test_labels_of_imagenet_are_refused_for_classes_in_another_order(tmp_path: Path, workshop: LocalWorkshop):
    model = load(MODEL, device="cpu")
    other = dataclasses.replace(model, card=dataclasses.replace(model.card, classes=""))
    Image.new("RGB", (40, 40)).save(tmp_path / "a.png")

    with pytest.raises(InputError) as refused:
        accuracies(other, other, labeled=listed(tmp_path, workshop=workshop), report=silent)

    assert refused.value.field == "labeled"
