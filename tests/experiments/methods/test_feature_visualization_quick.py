"""The frozen copy of a network's beginning against the network itself and torch's own convolutions."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from experiments.methods.feature_visualization.frozen_convolution import FrozenConvolution
from experiments.methods.feature_visualization.quick_network import quick_copy
from experiments.methods.feature_visualization.reading import exact_reader, quick_reader
from tests.experiments.methods.visualizations import network, seeded

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("kernel", "stride", "padding", "groups", "size"),
    [
        ((3, 3), (1, 1), (1, 1, 1, 1), 1, (12, 10)),
        ((3, 3), (1, 1), (1, 1, 1, 1), 6, (12, 10)),
        ((3, 3), (2, 2), (0, 1, 0, 1), 6, (12, 10)),
        ((5, 5), (2, 2), (2, 2, 2, 2), 3, (13, 11)),
        ((3, 3), (2, 2), (0, 1, 0, 1), 1, (11, 14)),
        ((1, 1), (2, 2), (0, 0, 0, 0), 1, (12, 11)),
        ((2, 2), (2, 2), (0, 0, 0, 0), 1, (11, 12)),
        ((1, 3), (1, 2), (3, 1, 0, 2), 2, (9, 12)),
        ((7, 7), (4, 4), (3, 3, 3, 3), 1, (15, 18)),
    ],
)
@pytest.mark.parametrize("ceiling", [None, 6.0, float("inf")])
def test_frozen_convolution_is_torchs(kernel: Any, stride: Any, padding: Any, groups: int, size: Any, ceiling: float | None):
    weight, bias = torch.randn(6, 6 // groups, *kernel, generator=seeded()), torch.randn(6, generator=seeded(2))
    images = (3 * torch.randn(2, 6, *size, generator=seeded(3))).requires_grad_()
    frozen = FrozenConvolution(weight, bias, stride=stride, padding=padding, groups=groups, ceiling=ceiling)

    expected = functional.conv2d(functional.pad(images, padding), weight, bias, stride=stride, groups=groups)
    expected = expected if ceiling is None else expected.clamp(0, ceiling)
    outer = torch.randn(expected.shape, generator=seeded(4))

    assert torch.allclose(frozen(images), expected, atol=1e-4)
    assert torch.allclose(_gradient(frozen(images), images, outer), _gradient(expected, images, outer), atol=1e-4)


def _gradient(output: Tensor, images: Tensor, outer: Tensor) -> Tensor:
    return torch.autograd.grad(output, images, outer)[0]


@pytest.mark.parametrize("architecture", ["efficientnet-lite0", "resnet50", "densenet201"])
def test_quick_copy_gives_outputs_and_gradients_of_the_network(architecture: str):
    whole, layers = _network_and_layers(architecture)
    states = {name: value.clone() for name, value in whole.state_dict().items()}
    images = torch.randn(1, 3, 65, 65, generator=seeded()).requires_grad_()
    reached: dict[str, Tensor] = {}
    hooks = [
        whole.get_submodule(layer).register_forward_hook(lambda _m, _i, output, layer=layer: reached.update({layer: output}))
        for layer in layers
    ]
    whole(images)
    for hook in hooks:
        hook.remove()

    outputs = quick_copy(whole, layers=layers, dtype=torch.float32)(images)

    assert set(outputs) == layers
    for layer in layers:
        assert torch.allclose(outputs[layer], reached[layer], atol=1e-4 * reached[layer].abs().max().item())
    expected, found = (torch.autograd.grad(_total(values), images)[0] for values in (reached, outputs))
    # Rounding decides on the side of zero of a few values before a ReLU.
    assert (found - expected).norm() < 1e-2 * expected.norm()
    assert all(torch.equal(value, states[name]) for name, value in whole.state_dict().items())


def _network_and_layers(architecture: str) -> tuple[nn.Module, frozenset[str]]:
    from torchvision.models import get_model  # noqa: PLC0415 -- takes a second

    if architecture == "efficientnet-lite0":
        return network().network, frozenset({"_blocks.1._bn2", "_blocks.3"})
    torch.manual_seed(0)
    built = get_model(architecture, weights=None).eval().requires_grad_(False)
    return built, frozenset({"layer1.2", "layer2.0"} if architecture == "resnet50" else {"features.denseblock1"})


def _total(outputs: dict[str, Tensor]) -> Tensor:
    return sum((output * output.detach().cos()).sum() for output in outputs.values())  # type: ignore[return-value]


def test_quick_reader_agrees_with_the_exact_one_up_to_its_precision():
    layers = frozenset({"_blocks.3"})
    images = torch.rand(7, 3, 224, 224, generator=seeded())
    quick = quick_reader(network(), layers)

    with torch.no_grad():
        found, exact = quick.read(images)["_blocks.3"], exact_reader(network(), layers).read(images)["_blocks.3"]

    tolerance = {"bfloat16": 0.05, "float32": 1e-5}[quick.precision]
    assert found.dtype == torch.float32
    assert (found - exact).abs().max() < tolerance * exact.abs().max()


def test_reading_leaves_no_hook():
    exact_reader(network(), frozenset({"_blocks.1", "_blocks.3"})).read(torch.rand(1, 3, 64, 64))

    assert not any(module._forward_hooks for module in network().fast_network.modules())
