"""The real network against its card, and the readings of units against plain forward passes."""

from collections import defaultdict
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from model_zoo import loading
from model_zoo.activations import aggregate, channel_first, layer_activations, layer_output, unit_activations
from model_zoo.address import UnitAddress
from model_zoo.catalogue import card
from model_zoo.classification import ACCEPTED, check_classification
from model_zoo.errors import InputError
from model_zoo.loading import LoadedModel, load

pytestmark = pytest.mark.unit

MODEL = "efficientnet_lite0.in1k"
# No layers of the network itself: paddings belong to their convolution, dropout does nothing.
LEFT_OUT = ("static_padding", "_dropout")


@pytest.fixture(scope="module")
def model() -> LoadedModel:
    return load(MODEL, device="cpu")


@pytest.fixture(scope="module")
def images() -> Tensor:
    return torch.rand(2, 3, 64, 64, generator=torch.Generator().manual_seed(1))


def outputs_of_a_full_pass(network: nn.Module, inputs: Tensor) -> dict[str, list[Tensor]]:
    """What each module gave, call by call."""
    given: dict[str, list[Tensor]] = defaultdict(list)

    def keep(name: str) -> Any:
        return lambda _module, _inputs, output: given[name].append(output)

    hooks = [module.register_forward_hook(keep(name)) for name, module in network.named_modules() if name]
    with torch.no_grad():
        network(inputs)
    for hook in hooks:
        hook.remove()
    return given


def hook_count(model: LoadedModel) -> int:
    networks = (model.network, model.fast_network)
    return sum(len(module._forward_hooks) for network in networks for module in network.modules())


def test_card_lists_the_modules_that_run_once(model: LoadedModel, images: Tensor):
    given = outputs_of_a_full_pass(model.network, model.preprocess(images))
    layouts = {2: "BC", 4: "BCHW"}

    expected = {
        name: (calls[0].shape[1], layouts[calls[0].ndim])
        for name, calls in given.items()
        if len(calls) == 1 and not name.endswith(LEFT_OUT)
    }

    assert {name: (layer.channels, layer.layout) for name, layer in card(MODEL).layers.items()} == expected


def test_layer_output_equals_that_of_a_full_verbatim_pass(model: LoadedModel, images: Tensor):
    given = outputs_of_a_full_pass(model.network, model.preprocess(images))

    for layer in card(MODEL).layers:
        with torch.no_grad():
            output = layer_output(model, layer, images=images)
        scale = given[layer][0].abs().max().item()
        assert (output - given[layer][0]).abs().max().item() <= 1e-5 * scale, layer


def test_layer_output_leaves_no_hook(model: LoadedModel, images: Tensor):
    before = hook_count(model)

    layer_output(model, "_blocks.3", images=images)
    with pytest.raises(RuntimeError):
        layer_output(model, "_blocks.3", images=torch.zeros(1, 5, 64, 64))

    assert hook_count(model) == before


def test_network_is_frozen(model: LoadedModel):
    for network in (model.network, model.fast_network):
        assert not network.training
        assert not any(parameter.requires_grad for parameter in network.parameters())


def test_unit_activations_are_a_column_of_layer_activations(model: LoadedModel, images: Tensor):
    unit = UnitAddress.parse(f"{MODEL}/_blocks.5:7@c,0")

    table = layer_activations(model, unit, aggregation="position", images=images)

    assert torch.equal(unit_activations(model, unit, aggregation="position", images=images), table[:, 7])


def test_activations_that_are_no_numbers_are_refused(model: LoadedModel, images: Tensor):
    unit = UnitAddress.parse(f"{MODEL}/_blocks.5:7")
    half_bad = images.clone()
    half_bad[1, 0, 3, 3] = torch.nan

    for read in (unit_activations, layer_activations):
        with pytest.raises(InputError, match=r"_blocks\.5 for 1 of 2 images") as raised:
            read(model, unit, aggregation="mean", images=half_bad)
        assert raised.value.field == "unit"


def test_channel_first_turns_only_maps_whose_channels_are_last():
    maps = torch.arange(24.0).view(1, 2, 3, 4)

    assert channel_first(maps, layout="BCHW") is maps
    assert channel_first(maps, layout="BHWC")[0, 3, 1, 2] == maps[0, 1, 2, 3]


def test_aggregate_takes_mean_position_and_tokens():
    maps = torch.arange(24.0).view(1, 2, 3, 4)

    assert aggregate(maps, aggregation="mean").tolist() == [[5.5, 17.5]]
    assert aggregate(maps, aggregation="position", row=1, column=3).tolist() == [[7, 19]]
    assert aggregate(maps, aggregation="position", row="c", column="c").tolist() == [[6, 18]]
    # The first token is the class token.
    assert aggregate(maps[0], aggregation="tokens").tolist() == [[6, 7, 8, 9], [18, 19, 20, 21]]


def test_aggregate_refuses_a_position_outside_the_map():
    with pytest.raises(InputError, match="row 3"):
        aggregate(torch.zeros(1, 2, 3, 4), aggregation="position", row=3, column=0)


def test_check_classification_finds_cat_coffee_and_rocket():
    answers = check_classification(MODEL)

    assert [photograph for photograph, _, _ in answers] == list(ACCEPTED)
    assert min(probability for _, _, probability in answers) > 0.2


def test_check_classification_refuses_a_network_that_sees_badly(monkeypatch: pytest.MonkeyPatch, model: LoadedModel):
    monkeypatch.setattr(model.preprocess, "std", model.preprocess.std * 1000)

    with pytest.raises(InputError, match="class"):
        check_classification(MODEL)


def test_load_refuses_weights_that_are_not_those_of_the_card(monkeypatch: pytest.MonkeyPatch):
    honest = card(MODEL)
    forged = type(honest)(**{**vars(honest), "weights": type(honest.weights)(**{**vars(honest.weights), "sha256": "0" * 64})})
    monkeypatch.setattr(loading, "card", lambda _id: forged)

    with pytest.raises(InputError, match="sha256"):
        load.__wrapped__(MODEL, device="cpu")
