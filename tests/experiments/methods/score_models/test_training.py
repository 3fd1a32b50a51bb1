"""The training of score networks: what it learns, that it resumes exactly, and how its network enters the zoo."""

import json
import math
import re
from collections.abc import Mapping
from typing import Any

import pytest
import torch
from safetensors.torch import load
from torch import Tensor

from experiments.contract.artifacts import ArtifactStore
from experiments.contract.errors import Cancelled, InputError
from experiments.contract.recipes import Training
from experiments.datasets.digits import CLASSES, labeled_digits
from experiments.methods.score_models.configuration import Configuration
from experiments.methods.score_models.dequantization import bits_per_dimension, dequantized, quantized
from experiments.methods.score_models.likelihood import log_likelihood
from experiments.methods.score_models.noise_classifier import noise_classifier
from experiments.methods.score_models.registration import score_zoo_files
from experiments.methods.score_models.score_task import ScoreTask
from experiments.methods.training.checkpoints import Checkpoints
from experiments.methods.training.loop import train
from model_zoo.catalogue import ModelCard
from model_zoo.registry import SOURCES
from model_zoo.sources.score_network import ScoreNetwork

pytestmark = pytest.mark.integration
SMALL = Configuration(width=64, blocks=1, steps=500, batch=64, learning_rate=3e-3, average=0.99, measure_every=500)


def digits(part) -> tuple[Tensor, Tensor]:
    found = labeled_digits(part, side=8)
    gray = torch.from_numpy(found.pixels[..., 0].copy())[:, None] / 255
    return quantized(gray, levels=17), torch.from_numpy(found.labels).long()


def task(about: Configuration) -> ScoreTask:
    counts, labels = digits("train")
    return ScoreTask(about, counts=counts, labels=labels, classes=CLASSES, seed=0, device="cpu", measured=measured)


def measured(network: ScoreNetwork) -> Mapping[str, Any]:
    return {"mean": float(network.times.mix[0].weight.mean())}


def checkpoints(store: ArtifactStore) -> Checkpoints:
    return Checkpoints(store=store, recipe=Training(paper="score"))


@pytest.fixture(scope="module")
def trained(tmp_path_factory) -> ScoreNetwork:
    made = task(SMALL)
    store = ArtifactStore(str(tmp_path_factory.mktemp("store")))
    train(made, plan=SMALL.plan, checkpoints=checkpoints(store), report=lambda *_: None, doing="digits")
    return made.network.average


def test_trained_network_tells_digits_and_their_likelihood(trained) -> None:
    counts, labels = digits("test")
    classifier = noise_classifier(trained, diffusion=SMALL.process, levels=17, samples=16)
    points = dequantized(counts, levels=17, generator=torch.Generator().manual_seed(0))

    with torch.no_grad():
        predicted = classifier(counts / 16).argmax(1)
        nats = {
            label: log_likelihood(trained, points, told, diffusion=SMALL.process, levels=17)
            for label, told in (("right", labels), ("wrong", (labels + 1) % CLASSES))
        }

    bits = {label: float(bits_per_dimension(one.mean(), dimensions=64, levels=17)) for label, one in nats.items()}
    assert float((predicted == labels).float().mean()) > 0.85
    assert bits["right"] < bits["wrong"]
    # Less than a density that knows nothing takes.
    assert bits["right"] < math.log2(17) - 0.1


def test_training_that_was_interrupted_ends_with_the_same_network(tmp_path) -> None:
    about = Configuration(width=16, blocks=1, steps=6, batch=8, measure_every=2, dropout=0.2)
    whole, broken, resumed = task(about), task(about), task(about)
    store = ArtifactStore(str(tmp_path / "broken"))

    def stop(step: int, _steps: int, _doing: str) -> None:
        if step == 5:
            raise Cancelled

    at_once = checkpoints(ArtifactStore(str(tmp_path / "whole")))
    lines = train(whole, plan=about.plan, checkpoints=at_once, report=lambda *_: None, doing="")
    with pytest.raises(Cancelled):
        train(broken, plan=about.plan, checkpoints=checkpoints(store), report=stop, doing="")
    begun: list[int] = []
    again = train(resumed, plan=about.plan, checkpoints=checkpoints(store), report=lambda step, *_: begun.append(step), doing="")

    assert begun == [4, 5]
    assert again == lines
    for name, tensor in whole.network.state_dict().items():
        assert torch.equal(tensor, resumed.network.state_dict()[name]), name


@pytest.mark.parametrize("diffusion", ["vp", "subvp", "ve"])
@pytest.mark.parametrize("body", ["perceptron", "unet"])
def test_bodies_have_losses_under_every_diffusion(diffusion, body) -> None:
    """Of an untrained network about that of the noise itself, 1, also where points have deviations up to 50."""
    about = Configuration(diffusion=diffusion, body=body, width=16, blocks=1, attention=2, batch=32, weighting="noise")

    loss = task(about).loss(0)

    assert 0.05 < loss.item() < 3


def test_zoo_gets_a_classifier_whose_encoder_has_units(trained) -> None:
    about = SMALL
    weights, written = score_zoo_files(Training(paper="score"), trained, about=about, title="Digits", side=16)
    card = json.loads(written.content)
    counts, labels = digits("test")

    network = SOURCES[card["architecture"]].build(ModelCard(**{**card, "weights": None}))
    network.load_state_dict(load(weights.content))
    images = (counts[:100] / 16 * 2 - 1).expand(-1, 3, -1, -1)
    with torch.no_grad():
        at_its_size, larger = network.eval()(images), network(images.repeat_interleave(2, 2).repeat_interleave(2, 3))

    eligible = [layer for layer in card["layers"] if re.fullmatch(card["eligible"], layer)]
    assert eligible == ["classifier.network.encoder.blocks.0", "classifier.network.encoder.blocks.0.act"]
    assert all(card["layers"][layer]["channels"] == 64 for layer in eligible)
    assert torch.allclose(at_its_size, larger, atol=1e-4)
    assert float((at_its_size.argmax(1) == labels[:100]).float().mean()) > 0.5


@pytest.mark.parametrize(
    ("field", "changes"), [("width", {"body": "unet", "width": 12}), ("levels", {"levels": 1}), ("unlabeled", {"unlabeled": 1.5})]
)
def test_unfit_configuration_is_refused(field, changes) -> None:
    with pytest.raises(InputError) as error:
        Configuration(**changes)
    assert error.value.field == field


def test_images_that_cannot_be_halved_are_refused() -> None:
    with pytest.raises(InputError, match="halved 4 times"):
        Configuration(body="unet", width=8, blocks=4).network(shape=(1, 8, 8), classes=2, seed=0)
