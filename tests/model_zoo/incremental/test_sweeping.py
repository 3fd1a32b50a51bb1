"""Inference in part against the ordinary forward pass, on networks with every kind of operation."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional
from torchvision.models import googlenet, mobilenet_v3_small, resnet18

from model_zoo.incremental.operations import Global, Windowed
from model_zoo.incremental.regions import Region
from model_zoo.incremental.spans import Span
from model_zoo.incremental.sweeping import Sweeping
from model_zoo.incremental.tracing import UntraceableError, traced

pytestmark = pytest.mark.unit

SQUARE = 14


class Dense(nn.Module):
    """Concatenation, a padding of its own before a strided convolution, dilation, groups, both poolings, and a product."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, 8, 3, padding=1)
        self.pad = nn.ZeroPad2d((0, 1, 1, 2))
        self.second = nn.Conv2d(8, 16, 3, stride=2)
        self.grouped = nn.Conv2d(16, 16, 5, padding=4, dilation=2, groups=4)
        self.narrow = nn.Conv2d(32, 8, 1)
        self.mean = nn.AvgPool2d(3, stride=2, padding=1)
        self.last = nn.Conv2d(8, 4, (1, 3), padding=(0, 1), stride=(1, 2))

    def forward(self, images: Tensor) -> Tensor:
        maps = torch.relu(self.first(images))
        maps = self.second(self.pad(maps))
        maps = torch.cat([maps, functional.gelu(self.grouped(maps))], 1)
        maps = functional.max_pool2d(self.narrow(maps), kernel_size=3, stride=2, padding=1, ceil_mode=True)
        return self.last(self.mean(maps) * torch.sigmoid(self.mean(maps)) + 0.5)


class Reflecting(nn.Module):
    """Its convolutions see their input mirrored at the border."""

    def __init__(self) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(3, 8, 3, padding=1, padding_mode="reflect")
        self.next = nn.Conv2d(8, 4, 3, padding=1)

    def forward(self, images: Tensor) -> Tensor:
        return self.next(functional.pad(torch.relu(self.convolution(images)), (1, 1, 1, 1), mode="reflect"))


class Branching(nn.Module):
    """Decides by its values what it computes."""

    def __init__(self) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(3, 4, 3)

    def forward(self, images: Tensor) -> Tensor:
        return self.convolution(images if images.mean() > 0 else -images)


def lively(network: nn.Module) -> nn.Module:
    """In evaluation mode, with statistics of normalization that are not those of a new layer."""
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 1.5)
    return network.eval().requires_grad_(False)


def positions_at_all_borders(side: int) -> list[tuple[int, int]]:
    last = side - SQUARE
    return [(0, 0), (0, last), (last, 0), (last, last), (0, last // 2), (last // 2, last), (last // 2, last // 3), (3, 7)]


def of_layer(network: nn.Module, layer: str, images: Tensor) -> Tensor:
    kept: list[Tensor] = []
    hook = network.get_submodule(layer).register_forward_hook(lambda _module, _inputs, output: kept.append(output.clone()))
    network(images)
    hook.remove()
    return kept[0]


@pytest.mark.parametrize(
    ("build", "layer", "side"),
    [
        (Dense, "grouped", 61),
        (Dense, "narrow", 60),
        (Dense, "last", 61),
        (Reflecting, "next", 40),
        (lambda: resnet18(weights=None), "layer1", 97),
        (lambda: resnet18(weights=None), "layer2.0.downsample.0", 98),
        (lambda: resnet18(weights=None), "layer4.1", 97),
        (lambda: resnet18(weights=None), "fc", 64),
        (lambda: mobilenet_v3_small(weights=None), "features.3", 95),
        (lambda: mobilenet_v3_small(weights=None), "features.8", 95),
        (lambda: googlenet(weights=None, init_weights=False, aux_logits=False), "inception4a", 99),
    ],
)
def test_outputs_equal_the_ordinary_forward_pass(build, layer, side):
    torch.manual_seed(1)
    network, image, squares = lively(build()), torch.rand(1, 3, side, side), torch.rand(8, 3, SQUARE, SQUARE)
    positions = positions_at_all_borders(side)
    copies = image.repeat(len(positions), 1, 1, 1)
    for copy, square, (top, left) in zip(copies, squares, positions, strict=True):
        copy[:, top : top + SQUARE, left : left + SQUARE] = square
    tops, lefts = np.array(positions).T

    with torch.inference_mode():
        sweeping = Sweeping(traced(network, layer), image=image)
        rows, columns = (Span(low=starts, high=starts + SQUARE, length=side) for starts in (tops, lefts))
        region = Region(values=squares, rows=rows, columns=columns)
        ours = sweeping.outputs(region)
        expected = of_layer(network, layer, copies)

        scale = expected.abs().max().item()
        assert (ours - expected).abs().max().item() <= 1e-5 * scale
        if expected.ndim == 4:
            means = expected.mean(dim=(2, 3))
            assert (sweeping.means(region) - means).abs().max().item() <= 1e-5 * scale


def test_only_what_the_square_can_change_is_computed():
    network, side = lively(nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(), nn.Conv2d(4, 2, 5, stride=2, padding=2))), 60
    sweeping = Sweeping(traced(network, "2"), image=torch.rand(1, 3, side, side))
    seen: list[tuple[int, ...]] = []
    last = sweeping.steps[-1]
    assert isinstance(last.operation, Windowed)

    def start(top: int) -> Span:
        return Span(low=np.array([top]), high=np.array([top + 10]), length=side)

    with torch.inference_mode():
        sweeping._run = lambda step, values, run=sweeping._run: _kept(run(step, values), seen)  # type: ignore[method-assign]
        sweeping.means(Region(values=torch.rand(1, 3, 10, 10), rows=start(0), columns=start(24)))

    # 10 px, and one more on each side that is inside the image; then every second of these and two more on each side.
    assert seen[-1] == (1, 2, 7, 8)


def _kept(value, seen):
    seen.append(tuple(value.values.shape))
    return value


def test_padding_by_reflection_is_computed_on_whole_maps():
    sweeping = Sweeping(traced(lively(Reflecting()), "next"), image=torch.rand(1, 3, 40, 40))

    assert isinstance(sweeping.steps[0].operation, Global)


def test_a_network_that_decides_by_values_is_untraceable():
    with pytest.raises(UntraceableError, match="control flow"):
        traced(Branching(), "convolution")


def test_a_layer_that_never_runs_is_untraceable():
    class Skipping(Branching):
        def forward(self, images: Tensor) -> Tensor:
            return images * 2

    with pytest.raises(UntraceableError, match="convolution"):
        traced(Skipping(), "convolution")
