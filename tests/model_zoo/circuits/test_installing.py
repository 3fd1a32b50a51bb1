"""Circuits in networks: names stay, copies and quicker networks keep them, what is taken out leaves no trace."""

import copy

import pytest
import torch
from torch import nn

from model_zoo.circuits.installing import SilentBranch, convolution_of, folded_around, install, take_out
from model_zoo.circuits.spec import CircuitSpec
from model_zoo.errors import InputError
from model_zoo.loading import build, load
from tests.model_zoo.circuits.circuits import MODEL, OFFSET, gated, random_images

pytestmark = pytest.mark.unit


def outputs(network: nn.Module) -> torch.Tensor:
    with torch.no_grad():
        return network(load(MODEL, device="cpu").preprocess(random_images()))


def test_names_of_layers_and_weights_stay():
    circuit = gated("_blocks.3", logit=1.0)
    before, after = ({name for name, _ in model.network.named_modules()} for model in (circuit.original, circuit.manipulated))
    original, manipulated = (model.network.state_dict() for model in (circuit.original, circuit.manipulated))

    assert before <= after
    assert all(torch.equal(manipulated[name], value) for name, value in original.items())
    assert isinstance(circuit.manipulated.network, type(circuit.original.network))


# A block, a layer whose normalization is folded away, and a convolution whose own output changes in folding.
@pytest.mark.parametrize("layer", ["_blocks.3", "_blocks.3._bn2", "_blocks.3._project_conv"])
@pytest.mark.parametrize("logit", [1.0, -1.0])
def test_folded_network_keeps_the_circuit(layer: str, logit: float):
    circuit = gated(layer, logit=logit)

    slow, fast = outputs(circuit.manipulated.network), outputs(circuit.manipulated.fast_network)

    assert torch.allclose(slow, fast, atol=1e-3)
    assert (logit > 0) == torch.allclose(slow, outputs(circuit.original.network), atol=1e-3)


def test_copy_has_a_circuit_of_its_own():
    network = gated("_fc", logit=1.0).manipulated.network
    twin = copy.deepcopy(network)
    twin.visualization_detector.decision.bias.fill_(-1.0)

    assert torch.equal(outputs(twin).roll(OFFSET, dims=1).argmax(dim=1), outputs(network).argmax(dim=1))
    assert twin.sight is twin._fc.sight
    assert twin.sight is not network.sight


def test_compiled_network_keeps_the_circuit():
    circuit = gated("_fc", logit=-1.0)
    network = (
        nn.Sequential(nn.Conv2d(3, 4, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 1000)).eval().requires_grad_(False)
    )
    spec = CircuitSpec(base="", construction="gate", layer="3", layout="BC", count=1000)
    expected = outputs(network).roll(-OFFSET, dims=1)
    install(network, spec, parts=circuit.parts)

    compiled = torch.compile(network, backend="eager", fullgraph=True)

    assert torch.allclose(outputs(compiled), expected, atol=1e-4)


def test_gated_layer_does_not_run_without_its_network():
    network = gated("_fc", logit=1.0).manipulated.network

    outputs(network)

    with pytest.raises(RuntimeError, match="outside"):
        network._fc(torch.zeros(2, 1280))


def test_circuit_that_is_taken_out_leaves_no_trace():
    circuit = gated("_blocks.3", logit=-1.0)
    network = copy.deepcopy(circuit.manipulated.network)

    take_out(network, circuit.spec)

    assert torch.equal(outputs(network), outputs(circuit.original.network))
    assert network.state_dict().keys() == circuit.original.network.state_dict().keys()
    assert type(network) is type(circuit.original.network)


@pytest.mark.parametrize(("layer", "convolution"), [("_blocks.3", "_blocks.3._project_conv"), ("_conv_head", "_conv_head")])
def test_silent_branch_adds_what_its_convolution_gives(layer: str, convolution: str):
    original = load(MODEL, device="cpu").network
    channels = load(MODEL, device="cpu").card.layers[layer].channels
    spec = CircuitSpec(base=MODEL, construction="silent", layer=layer, layout="BCHW", count=1, convolution=convolution)
    branch = SilentBranch(original.get_submodule(convolution), count=1)
    branch.units.fill_(2)
    branch.convolution.bias.data.fill_(7.0)
    network = copy.deepcopy(original)
    install(network, spec, parts=branch)
    seen = {}
    for name, one in (
        ("before", original),
        ("after", network),
        ("folded", folded_around(network, spec, fold=lambda n: (n, frozenset()))[0]),
    ):
        hook = one.get_submodule(layer).register_forward_hook(lambda _m, _i, output, name=name: seen.update({name: output}))
        outputs(one)
        hook.remove()

    difference = seen["after"] - seen["before"]

    # Weights of 0 and a bias of 7: the channel is 7 higher everywhere.
    assert convolution_of(original, layer, channels=channels) == convolution
    assert torch.allclose(difference[:, 2], torch.tensor(7.0), atol=1e-4)
    assert not difference[:, :2].any()
    assert torch.equal(seen["folded"], seen["after"])


def test_silent_branch_needs_an_ordinary_convolution():
    network = build(load(MODEL, device="cpu").card)

    with pytest.raises(InputError, match="grouped"):
        SilentBranch(network.get_submodule("_blocks.3._depthwise_conv"), count=1)
    with pytest.raises(InputError, match="no convolution"):
        convolution_of(network, "_fc", channels=1000)
