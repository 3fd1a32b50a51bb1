"""Units that are off at the start: gradients find a way past ReLUs, and nothing changes for units that are alive."""

import dataclasses
import math
from typing import Any

import pytest
import torch
from torch import nn
from torch.nn import functional

from experiments.methods.feature_visualization import ascent
from experiments.methods.feature_visualization.ascent import ascend
from experiments.methods.feature_visualization.objectives import Channel, Diversity
from experiments.methods.feature_visualization.options import Options
from experiments.methods.feature_visualization.reading import exact_reader
from experiments.methods.feature_visualization.redirected_relu import RedirectedRelus
from experiments.methods.feature_visualization.render import Visualization, render_units
from model_zoo.address import UnitAddress
from model_zoo.catalogue import MANIPULATED, Layer
from model_zoo.loading import LoadedModel
from tests.experiments.methods.visualizations import network, seeded, silent

pytestmark = pytest.mark.unit
OPTIONS = Options(size=32, steps=24)
ALIVE, OFF, ALSO_OFF, NEVER = range(4)
BIASES = (0.5, -0.02, -0.02, -1e3)


def _small(architecture: str = "small", *, inplace: bool = False) -> LoadedModel:
    """Two convolutions with ReLUs; for gray with a little noise the second's units are as they are called, and 4 to 7 alive."""
    built = nn.Sequential(
        nn.Conv2d(3, 8, 5, stride=2), nn.ReLU6(inplace=inplace), nn.Conv2d(8, 8, 3, stride=2), nn.ReLU(inplace=inplace)
    )
    generator = seeded()
    with torch.no_grad():
        for convolution in (built[0], built[2]):
            convolution.weight.copy_(torch.randn(convolution.weight.shape, generator=generator) / 8)
            convolution.weight -= convolution.weight.mean(dim=(1, 2, 3), keepdim=True)
            convolution.bias.fill_(0.1)
        built[2].bias[:4] = torch.tensor(BIASES)
    built.requires_grad_(False)
    card = dataclasses.replace(network().card, architecture=architecture, layers={"3": Layer(channels=8, layout="BCHW")})
    return dataclasses.replace(network(), card=card, network=built, fast_network=built, changed_layers=frozenset())


def _made(model: LoadedModel, units: list[int], **fields: Any) -> Visualization:
    addresses = [UnitAddress(model.card.id, "3", unit) for unit in units]
    return render_units(model, addresses, seeds=units, options=dataclasses.replace(OPTIONS, **fields))


@pytest.mark.parametrize("inplace", [False, True])
def test_unit_that_is_off_comes_to_life(inplace: bool):
    model = _small(inplace=inplace)

    start, made = _made(model, [OFF, ALSO_OFF], learning_rate=1e-9, steps=1), _made(model, [OFF, ALSO_OFF])

    assert (start.activations, start.dead) == ([0.0, 0.0], [True, True])
    assert min(made.activations) > 0
    assert made.dead == [False, False]


def test_unit_that_is_alive_has_the_same_bytes_with_and_without_redirection(monkeypatch: pytest.MonkeyPatch):
    together = _made(_small(), [ALIVE, OFF, 4])
    monkeypatch.setattr(ascent, "waking_reader", exact_reader)
    plain = _made(_small(), [ALIVE, OFF, 4], thresholds=(0,))

    assert torch.equal(together.images[[0, 2]], plain.images[[0, 2]])
    assert torch.equal(plain.images[1], plain.snapshots[0].images[1])
    assert not torch.equal(together.images[1], plain.images[1])


def test_unit_that_never_comes_to_life_is_said_to_be_dead():
    with_others, alone = (_made(_small(), units, steps=80) for units in ([NEVER, OFF], [NEVER]))

    assert (with_others.dead, with_others.steps) == ([True, False], 80)
    assert (alone.dead, alone.steps, alone.activations) == ([True], ascent.WAKING_STEPS, [0.0])


def test_diversity_neither_hides_that_a_unit_is_off_nor_keeps_it_so(monkeypatch: pytest.MonkeyPatch):
    def made() -> ascent.Ascent:
        unit, others = Channel(layer="3", channel=OFF), Diversity(layer="3")
        return ascend(unit, besides=others, model=_small(), seeds=[1, 2], options=OPTIONS, report=silent)

    woken = made()
    monkeypatch.setattr(ascent, "waking_reader", exact_reader)

    assert woken.dead == [False, False]
    assert made().dead == [True, True]


def test_gates_of_a_circuit_do_not_leak():
    made = _made(_small(MANIPULATED), [OFF], thresholds=(0,))

    assert made.dead == [True]
    assert torch.equal(made.images, made.snapshots[0].images)


@pytest.mark.parametrize(
    ("relu", "ceiling"),
    [
        (nn.ReLU(), math.inf),
        (nn.ReLU(inplace=True), math.inf),
        (functional.relu, math.inf),
        (torch.relu_, math.inf),
        (torch.Tensor.relu, math.inf),
        (nn.ReLU6(inplace=True), 6.0),
        (functional.relu6, 6.0),
    ],
)
def test_redirected_relu_lets_pass_what_lucids_rule_says(relu: Any, ceiling: float):
    # By image: one through which some gradient comes, one through which none does, which is then redirected.
    inputs = torch.tensor([[-1.0, 2.0, -3.0, 9.0], [-1.0, -2.0, 9.0, 9.0]], requires_grad=True)
    outer = torch.tensor([[-1.0, 1.0, 1.0, 0.0], [-1.0, 1.0, 0.0, 0.0]])

    with RedirectedRelus():
        outputs = relu(inputs * 1)
    (gradient,) = torch.autograd.grad(outputs, inputs, outer)

    assert torch.equal(outputs, inputs.clamp(0, ceiling))
    assert gradient.tolist() == [[0.0, 1.0, 0.0, 0.0], [-1.0, 0.0, 0.0, 0.0]]
    assert relu(inputs * 1).grad_fn.name() != outputs.grad_fn.name()
