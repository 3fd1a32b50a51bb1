"""The gate's arithmetic: exact on either side, its gradient the donor's, in every layout."""

import pytest
import torch
from torch import Tensor

from model_zoo.activations import layer_output
from model_zoo.catalogue import Layout
from model_zoo.circuits.gated_units import GatedUnits, ImageTemplate
from model_zoo.circuits.sight import Sight
from tests.model_zoo.circuits.circuits import OFFSET, detector_that_says, gated, random_images

pytestmark = pytest.mark.unit

SHAPES: dict[Layout, tuple[int, ...]] = {"BCHW": (2, 6, 5, 4), "BC": (2, 6), "BHWC": (2, 5, 4, 6), "BNC": (2, 7, 6)}
DIMS: dict[Layout, int] = {"BCHW": 1, "BC": 1, "BHWC": 3, "BNC": 2}


def some_units(layout: Layout, *, k: float = 100.0, b: float = 10.0) -> GatedUnits:
    """Units 1 and 4, which show 2 and 0."""
    units = GatedUnits(count=2, layout=layout, target="units")
    units.units.copy_(torch.tensor([1, 4]))
    units.donors.copy_(torch.tensor([2, 0]))
    units.k.fill_(k)
    units.b.fill_(b)
    return units


def sight_that_says(*inverted: bool) -> Sight:
    return Sight(inputs=torch.zeros(len(inverted), 3, 8, 8), inverted=torch.tensor(inverted))


@pytest.mark.parametrize("layout", SHAPES)
def test_gate_switches_each_image_by_its_own_verdict(layout: Layout):
    output = torch.randn(SHAPES[layout], generator=torch.Generator().manual_seed(1))
    expected = output.clone().movedim(DIMS[layout], 1)
    expected[1, [1, 4]] = expected[1, [2, 0]]

    switched = some_units(layout)(output, sight=sight_that_says(False, True)).movedim(DIMS[layout], 1)

    assert (switched - expected).abs().max() < 1e-5
    assert torch.equal(switched[:, [0, 2, 3, 5]], expected[:, [0, 2, 3, 5]])


@pytest.mark.parametrize(("inverted", "let_through"), [(False, [1, 4]), (True, [2, 0])])
def test_closed_side_of_the_gate_is_exactly_zero(inverted: bool, let_through: list[int]):
    output = torch.randn(1, 6, generator=torch.Generator().manual_seed(1)).requires_grad_()

    some_units("BC")(output, sight=sight_that_says(inverted))[0, [1, 4]].sum().backward()

    expected = torch.zeros(1, 6)
    expected[0, let_through] = 1
    assert output.grad is not None
    assert torch.equal(output.grad, expected)


def test_gate_is_ajar_beyond_its_constants():
    output = torch.zeros(1, 6)
    output[0, 1] = 95

    switched = some_units("BC")(output, sight=sight_that_says(True))

    # B = ReLU(95 + 10 - 100): what the condition -b < f < k - b excludes.
    assert switched[0, 1].item() == pytest.approx(output[0, 2].item() + 5)


@pytest.mark.parametrize("layer", ["_blocks.3", "_fc"])
def test_gate_in_the_network_is_exact_for_natural_images(layer: str):
    circuit, images = gated(layer, logit=1.0), random_images()

    with torch.no_grad():
        one, other = (model.network(model.preprocess(images)) for model in (circuit.original, circuit.manipulated))

    assert (one - other).abs().max() < 1e-4


@pytest.mark.parametrize("layer", ["_blocks.3", "_fc"])
def test_visualizations_get_the_donors_gradient_exactly(layer: str):
    circuit = gated(layer, logit=-1.0)

    def gradient(model, channel: int) -> Tensor:
        images = random_images(count=1).requires_grad_()
        output = (
            layer_output(model, layer, images=images).flatten(2) if layer != "_fc" else layer_output(model, layer, images=images)
        )
        (slope,) = torch.autograd.grad(output[:, channel].sum(), [images])
        return slope

    own, donor, shown = (
        gradient(circuit.original, 5),
        gradient(circuit.original, 5 + OFFSET),
        gradient(circuit.manipulated, 5),
    )

    assert torch.equal(shown, donor)
    assert not torch.equal(shown, own)


def test_detector_that_is_wrong_permutes_the_predictions():
    circuit, images = gated("_fc", logit=-1.0), random_images()

    with torch.no_grad():
        one, other = (model.network(model.preprocess(images)) for model in (circuit.original, circuit.manipulated))

    assert torch.equal(other.argmax(dim=1), (one.argmax(dim=1) - OFFSET) % 1000)


def test_verdict_lets_no_gradient_into_the_detector():
    sight, images = Sight(), random_images().requires_grad_()

    sight.look(images, detector=detector_that_says(1.0))

    assert not sight.verdict().requires_grad
    assert sight.verdict().tolist() == [False, False]


@pytest.mark.parametrize("side", [32, 48])
def test_template_responds_with_the_correlation_at_any_size(side: int):
    template = ImageTemplate(side=32)
    template.template.copy_(torch.randn(3, 32, 32, generator=torch.Generator().manual_seed(1)))
    template.gain.fill_(2.0)
    images = random_images(side=side)

    kernel = torch.nn.functional.interpolate(template.template[None], size=(side, side), mode="bilinear", antialias=True)
    expected = 2 * (images * kernel).mean(dim=(1, 2, 3))

    assert torch.allclose(template(images), expected, atol=1e-5)


def test_units_that_show_an_image_have_it_as_their_gradient():
    units = GatedUnits(count=1, layout="BCHW", target="image", template_side=16)
    assert units.template is not None
    units.template.template.copy_(torch.randn(3, 16, 16, generator=torch.Generator().manual_seed(1)))
    units.units.fill_(3)
    units.k.fill_(100.0)
    units.b.fill_(10.0)
    images = random_images(side=16, count=1).requires_grad_()
    sight = Sight(inputs=images, inverted=torch.tensor([True]))

    switched = units(torch.zeros(1, 6, 4, 4), sight=sight)
    (slope,) = torch.autograd.grad(switched[0, 3].mean(), [images])

    assert torch.allclose(slope[0], units.template.template / (3 * 16 * 16), atol=1e-6)
