"""The nine networks of the scale study against the originals: random weights, saved as published, go through our loader."""

import dataclasses
import hashlib
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torchvision.transforms.functional import normalize

from experiments.papers.zimmermann2023_scale.networks import BY_NAME, NETWORKS
from model_zoo import loading
from model_zoo.__main__ import main
from model_zoo.activations import layer_activations, layer_output, unit_activations
from model_zoo.address import UnitAddress
from model_zoo.catalogue import ModelCard, card, eligible_layers
from model_zoo.loading import LoadedModel, load
from tests.model_zoo.originals import ORIGINALS, randomized

pytestmark = pytest.mark.unit


@dataclasses.dataclass(frozen=True)
class Pair:
    """The original, and the same weights through our loader."""

    original: nn.Module
    loaded: LoadedModel
    image: Tensor
    given: dict[str, Tensor]
    """What some eligible layers of the original gave for the image, which took a whole forward pass."""


@pytest.fixture(scope="module", params=ORIGINALS)
def pair(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    model_id, recipe = request.param, ORIGINALS[request.param]
    whole = randomized(recipe.build())
    zoo = tmp_path_factory.mktemp("zoo")
    path = zoo / card(model_id).weights.file
    path.parent.mkdir()
    recipe.save(whole.state_dict(), path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ZOO_DIR", str(zoo))
        patch.setattr(loading, "card", lambda _id: vouched_for(card(model_id), path))
        loaded = load(model_id, device="cpu")
    path.unlink()
    original = recipe.tower(whole)
    image = torch.rand(1, 3, *recipe.size, generator=torch.Generator().manual_seed(2))
    mean, std = recipe.normalization
    yield Pair(original, loaded, image, outputs(original, normalize(image, mean, std), layers=some_layers(model_id)))
    load.cache_clear()


def vouched_for(model: ModelCard, path: Path) -> ModelCard:
    """The card as it would be if this file had been published; where no digest is, the operator gives it."""
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    if not model.weights.sha256:
        path.with_name(f"{path.name}.sha256").write_text(f"{digest}  {path.name}\n")
        return model
    return dataclasses.replace(model, weights=dataclasses.replace(model.weights, sha256=digest[:8]))


def some_layers(model_id: str) -> list[str]:
    """Eligible layers of every kind and depth."""
    layers = eligible_layers(model_id)
    return [layers[i * len(layers) // 7] for i in range(7)]


def outputs(network: nn.Module, inputs: Tensor, *, layers: list[str]) -> dict[str, Tensor]:
    """What layers gave; copies, for activations that come after them write in place."""
    given: dict[str, Tensor] = {}

    def keep(name: str, _module: nn.Module, _inputs: object, output: Tensor) -> None:
        given[name] = output.clone()

    hooks = [network.get_submodule(name).register_forward_hook(partial(keep, name)) for name in layers]
    with torch.no_grad():
        network(inputs)
    for hook in hooks:
        hook.remove()
    return given


def close(ours: Tensor, theirs: Tensor) -> bool:
    """Up to rounding, which grows with the depth."""
    return ours.shape == theirs.shape and bool((ours - theirs).abs().max() <= 1e-4 * theirs.abs().max())


def test_network_has_the_modules_and_parameters_of_the_original(pair: Pair):
    assert [name for name, _ in pair.loaded.network.named_modules()] == [name for name, _ in pair.original.named_modules()]
    ours = {name: parameter.shape for name, parameter in pair.loaded.network.named_parameters()}
    assert ours == {name: parameter.shape for name, parameter in pair.original.named_parameters()}


def test_parameters_are_as_many_as_the_paper_counts(pair: Pair):
    count = sum(parameter.numel() for parameter in pair.original.parameters())

    assert BY_NAME[pair.loaded.card.id].parameters.value == count


def test_layer_output_equals_the_original(pair: Pair):
    model = pair.loaded

    for layer, theirs in pair.given.items():
        with torch.no_grad():
            ours = layer_output(model, layer, images=pair.image)
        channels_last = model.card.layers[layer].layout == "BHWC"
        assert close(ours, theirs.permute(0, 3, 1, 2) if channels_last else theirs), layer


def test_aggregation_equals_the_original(pair: Pair):
    for layer, theirs in pair.given.items():
        unit = UnitAddress(pair.loaded.card.id, layer, 3)
        layout = pair.loaded.card.layers[layer].layout
        means = {
            "BNC": lambda x: x[:, 1:].mean(dim=1),
            "BCHW": lambda x: x.mean(dim=(2, 3)),
            "BHWC": lambda x: x.mean(dim=(1, 2)),
        }
        aggregation = "tokens" if layout == "BNC" else "mean"

        ours = layer_activations(pair.loaded, unit, aggregation=aggregation, images=pair.image)

        assert close(ours, means[layout](theirs)), layer


def test_position_is_row_then_column(pair: Pair):
    maps = {layer: output for layer, output in pair.given.items() if output.ndim == 4}
    for layer, theirs in maps.items():
        unit = UnitAddress(pair.loaded.card.id, layer, 3, row=1, column="c")
        channels_last = pair.loaded.card.layers[layer].layout == "BHWC"

        with torch.no_grad():
            ours = unit_activations(pair.loaded, unit, aggregation="position", images=pair.image)

        expected = theirs[:, 1, theirs.shape[2] // 2, 3] if channels_last else theirs[:, 3, 1, theirs.shape[3] // 2]
        assert (ours - expected).abs().item() <= 1e-4 * theirs.abs().max(), layer
    assert maps or pair.loaded.card.layers[next(iter(pair.given))].layout == "BNC"


def test_loaded_network_is_whole_frozen_and_there_once(pair: Pair):
    tensors = [*pair.loaded.network.parameters(), *pair.loaded.network.buffers()]

    assert not any(tensor.is_meta or tensor.requires_grad for tensor in tensors)
    assert {tensor.dtype for tensor in tensors} <= {torch.float32, torch.int64}
    assert pair.loaded.fast_network is pair.loaded.network
    assert len(pair.loaded.card.weights.sha256) == 64


def test_layers_can_be_read_together(pair: Pair):
    """No activation overwrites what the layer before it gave."""
    network, given = pair.loaded.network, {}
    hooks = [
        network.get_submodule(name).register_forward_hook(lambda _m, _i, output, name=name: given.update({name: output}))
        for name in pair.given
    ]

    with torch.no_grad():
        network(pair.loaded.preprocess(pair.image))
    for hook in hooks:
        hook.remove()

    assert all(close(given[name], theirs) for name, theirs in pair.given.items())


def test_check_says_that_outputs_are_no_classes_or_wrong_ones(pair: Pair, capsys: pytest.CaptureFixture[str]):
    known = pair.loaded.card.classes == "imagenet"

    assert main(["check", pair.loaded.card.id]) == (2 if known else 0)
    captured = capsys.readouterr()
    assert ("takes the photograph" in captured.err, "not ImageNet's classes" in captured.out) == (known, not known)


def test_every_network_of_the_paper_has_a_card():
    assert [network.names[1] for network in NETWORKS] == list(ORIGINALS)
    assert {network.names[1]: network.top1.value for network in NETWORKS} == {
        model_id: 0.7430 if model_id == "resnet50_clip.openai" else card(model_id).reported_top1 for model_id in ORIGINALS
    }
