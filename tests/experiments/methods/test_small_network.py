"""The network trained here: it learns, its seed decides about every byte, and the zoo knows it like any other."""

from pathlib import Path

import numpy as np
import pytest
import torch

from experiments.contract.local_models import bring_models, model_id
from experiments.contract.recipes import Exemplars, Network
from experiments.datasets.digits import digit_files, labeled_digits
from experiments.datasets.pool import open_pool
from experiments.methods.exemplars import as_tensor
from model_zoo.catalogue import eligible_layers
from model_zoo.inventory import inventory
from model_zoo.loading import load
from tests.experiments.methods.workshops import new_workshop

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory):
    folder: Path = tmp_path_factory.mktemp("network")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ZOO_DIR", str(folder / "zoo"))
        workshop = new_workshop(folder / "store")
        made = workshop.obtain(Network())
        bring_models(model_id(made.digest), store=workshop.store)
        yield workshop, made


def test_it_is_right_on_images_that_it_did_not_see(trained):
    _, made = trained

    assert made.values["accuracy_test"] >= 0.96
    assert (made.values["images_train"], made.values["images_test"]) == (1437, 360)


def test_the_loaded_model_has_the_accuracy_that_was_measured(trained):
    _, made = trained
    model, test = load(model_id(made.digest), device="cpu"), labeled_digits("test", side=32)

    with torch.inference_mode():
        answers = model.network(model.preprocess(as_tensor(test.pixels, device="cpu"))).argmax(dim=1).numpy()

    assert (answers == test.labels).mean() == pytest.approx(made.values["accuracy_test"])


def test_its_card_lists_what_runs(trained):
    _, made = trained
    model = load(model_id(made.digest), device="cpu")

    layers, skipped = inventory(model.network, side=32)

    assert (layers, skipped) == (model.card.layers, model.card.skipped)
    assert eligible_layers(model.card.id) == ("relu1", "relu2", "relu3")


def test_its_units_have_exemplars_of_digits(trained):
    workshop, made = trained
    unit = f"{model_id(made.digest)}/logits:7"

    exemplars = workshop.obtain(Exemplars(unit=unit, pool="digits", pool_size=1437, pool_resolution=32, size=32, sign="max", k=9))

    assert {file.about["source"].partition("/")[0] for file in exemplars.files} == {"7"}


def test_the_seed_decides_about_the_bytes(tmp_path: Path):
    some, others = (new_workshop(tmp_path / name) for name in ("some", "others"))

    def weights(workshop, seed):
        return workshop.obtain(Network(epochs=1, width=4, seed=seed)).file("weights.safetensors").sha256

    assert weights(some, 0) == weights(others, 0) != weights(some, 1)


def test_pool_and_labels_agree_and_no_test_image_is_in_the_pool():
    pool, train, test = open_pool("digits", size=1437, seed=5), labeled_digits("train", side=32), labeled_digits("test", side=32)
    shown = [pool.read(index, side=32) for index in range(0, 1437, 97)]
    by_content = {pixels.tobytes(): label for pixels, label in zip(train.pixels, train.labels, strict=True)}

    assert [by_content[image.pixels.tobytes()] for image in shown] == [int(image.source[0]) for image in shown]
    assert not by_content.keys() & {pixels.tobytes() for pixels in test.pixels}
    assert np.bincount(test.labels).min() >= 34
    assert {path.name for path in digit_files("train").iterdir()} == set("0123456789")
