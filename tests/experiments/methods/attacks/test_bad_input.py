"""What cannot be tested is said, with the field and the remedy; what an attack does wrong is part of its verdict."""

import re

import foolbox
import pytest
import torch
from torch import nn
from torch.utils.data import TensorDataset

from experiments.contract.errors import InputError
from experiments.methods.attacks import prepare, run_active_test
from tests.experiments.methods.attacks.networks import Linear, Through

pytestmark = pytest.mark.unit

IMAGES = torch.rand(4, 1, 8, 8, generator=torch.Generator().manual_seed(0))


def _refused(field, *, model=None, data=IMAGES, attack=lambda _model, images, _labels: images, **settings):
    """The error's text, which names the field."""
    with pytest.raises(InputError) as raised:
        run_active_test(Linear().eval() if model is None else model, attack, data, **{"inner": 50, "eps": 0.1, **settings})
    assert raised.value.field == field
    return str(raised.value)


@pytest.fixture(scope="module")
def test_of_linear():
    return prepare(Linear().eval(), IMAGES, eps=0.1, inner=60)


def test_model_without_linear_read_out_is_told_which_layers_to_name():
    class Pooled(nn.Sequential):
        def forward(self, images):
            return super().forward(images).mean((2, 3))

    assert "such as 0, 1" in _refused("feature", model=Pooled(nn.Conv2d(1, 8, 3), nn.Conv2d(8, 3, 1)).eval())


def test_convolution_that_reads_out_can_be_named():
    model = nn.Sequential(nn.Conv2d(1, 90, 8), nn.ReLU(), nn.Conv2d(90, 3, 1), nn.Flatten()).eval()

    assert "such as 0, 2" in _refused("feature", model=model)
    assert prepare(model, IMAGES, eps=0.1, inner=20, feature="2").setups[0].weight.shape == (90,)


def test_layer_that_is_not_there():
    assert "no layer 'head'" in _refused("feature", feature="head")


def test_layer_that_runs_twice():
    class Twice(Linear):
        def forward(self, images):
            super().forward(images)
            return super().forward(images)

    assert "ran 2 times" in _refused("feature", model=Twice().eval())


@pytest.mark.parametrize("eps", [0, -0.1, 1e-8, 1.5, float("nan")])
def test_radius_that_is_none(eps):
    _refused("eps", eps=eps)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("closeness", 1.0),
        ("gap", -0.1),
        ("inner", 0),
        ("norm", "l1"),
        ("rescale", "tight"),
        ("far", 1.0),
        ("seed", -1),
        ("speed", 3),
    ],
)
def test_settings_that_are_unfit(field, value):
    _refused(field, **{field: value})


def test_one_class():
    assert "one class" in _refused("model", model=Linear(classes=1).eval())


def test_logits_that_are_not_numbers():
    model = Linear().eval()
    model.readout.bias.data[0] = torch.nan

    assert "not finite" in _refused("model", model=model)


@pytest.mark.parametrize("data", [2 * IMAGES, IMAGES - 1, IMAGES * torch.nan, (255 * IMAGES).to(torch.uint8), IMAGES[:0], []])
def test_data_that_is_unfit(data):
    _refused("data", data=data)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (IMAGES.numpy(), "torch.from_numpy"),
        ([{"image": IMAGES}], "it gives dict, not tensors"),
        ([(IMAGES.numpy(), [0, 1, 2, 3])], "it gives ndarray, not tensors"),
        (TensorDataset(IMAGES, torch.arange(4)), "a Dataset of single images. .*DataLoader"),
        ([(image, n) for n, image in enumerate(IMAGES)], "single pairs .*DataLoader"),
        (list(zip(IMAGES, torch.arange(4), strict=True)), "single pairs .*DataLoader"),
        ([IMAGES, IMAGES[..., :4]], "images of one size"),
        (7, "int holds no batches"),
    ],
)
def test_data_of_a_form_that_is_not_taken(data, words):
    assert re.search(words, _refused("data", data=data))


def test_model_in_training_mode():
    assert "model.eval()" in _refused("model", model=Linear())


def test_normalization_left_in_training_mode():
    model = nn.Sequential(nn.BatchNorm2d(1), nn.Flatten(), nn.Linear(64, 3)).eval()
    model[0].train()

    assert "training mode (0)" in _refused("model", model=model)


@pytest.mark.parametrize("attack", ["PGD", foolbox.attacks.L2PGD()])
def test_attack_that_is_none_or_of_the_other_norm(attack):
    _refused("attack", attack=attack)


def test_attack_that_returns_more_than_images():
    assert "returned tuple" in _refused("attack", attack=lambda _model, images, _labels: (True, images))


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (lambda images: images + 0.2, "outside of the ball"),
        (lambda images: images - 0.11, "outside of the ball"),
        (lambda images: images * torch.nan, "values that are not finite"),
        (lambda images: images[:2], "shape [2, 1, 8, 8]"),
    ],
)
def test_points_that_break_the_rules_are_failures_and_said(test_of_linear, change, word):
    verdict = test_of_linear.run(lambda _model, images, _labels: change(images))

    assert (verdict.rate, verdict.violations) == (0, 4)
    assert word in verdict.words


def test_one_point_outside_does_not_spoil_the_others(test_of_linear, descent):
    def careless(model, images, labels):
        found = descent(foolbox.PyTorchModel(model, bounds=(0, 1)), images, labels, epsilons=0.1)[1]
        found[1] = 1.5
        return found

    assert [one.success for one in test_of_linear.run(careless).per_sample] == [True, False, True, True]


def test_gradient_attack_on_a_model_without_gradients(descent):
    model = Through(Linear(), lambda images: images.detach().round()).eval()
    model.network.readout.requires_grad_(False)

    assert "black-box" in _refused("attack", model=model, attack=descent, inner=5)
    assert "no gradients" in run_active_test(model, lambda _model, images, _labels: images, IMAGES, eps=0.3, inner=5).words


class LeavesTorch(Linear):
    """Asks numpy, which torch refuses for tensors that want gradients."""

    def forward(self, images):
        return super().forward(torch.from_numpy(images.numpy().round(1)))


def test_model_that_leaves_torch_can_be_attacked_without_gradients(descent):
    model = LeavesTorch().eval()
    model.readout.requires_grad_(False)

    test = prepare(model, IMAGES, eps=0.3, inner=5)

    assert test.gradient == "absent"
    assert "no gradients" in test.run(lambda _model, images, _labels: images).words
    with pytest.raises(InputError, match="black-box"):
        test.run(descent)


def test_gradient_attack_that_is_run_for_one_image_at_a_time_is_told_too():
    model = LeavesTorch().eval()
    model.readout.requires_grad_(False)
    test = prepare(model, IMAGES[:1].expand(3, -1, -1, -1), eps=0.3, inner=5)

    def mixes(binary, images, _labels):
        rows = images.clone()
        binary(rows.repeat(2, 1, 1, 1))
        (slopes,) = torch.autograd.grad(binary(rows.requires_grad_(True)).sum(), rows)
        return images + 0.3 * slopes.sign()

    with pytest.raises(InputError, match="black-box"):
        test.run(mixes)


def test_features_that_no_line_parts():
    """Two features hardly part a corner of 64 dimensions from hundreds of points."""
    model = nn.Sequential(nn.Flatten(), nn.Linear(64, 2), nn.Tanh(), nn.Linear(2, 3)).eval()

    verdict = run_active_test(model, lambda _model, images, _labels: images, IMAGES, eps=0.1, inner=400)

    assert verdict.setup_failures > 0
    assert "no linear read-out separates its points" in verdict.words
    assert "fewer features (2) than points (401)" in verdict.words
