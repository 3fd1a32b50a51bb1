"""Attacks in the forms in which libraries have them, and attacks that do with their batches what they like."""

import importlib
from functools import partial

import foolbox
import pytest
import torch
from torch.nn import functional

from experiments.contract.errors import InputError
from experiments.methods.attacks import prepare
from tests.experiments.methods.attacks.networks import Linear

pytestmark = pytest.mark.integration

EPS = 0.1
IMAGES = torch.rand(6, 1, 8, 8, generator=torch.Generator().manual_seed(0))


@pytest.fixture(scope="module")
def test_of_linear():
    return prepare(Linear().eval(), IMAGES, eps=EPS, inner=60)


def sign_step(model, inputs, labels, targeted=False, *, size):
    """Of the form of adv-lib's attacks."""
    rows = inputs.clone().requires_grad_(True)
    loss = functional.cross_entropy(model(rows), labels)
    (slopes,) = torch.autograd.grad(loss, rows)
    return (inputs + (-1 if targeted else 1) * size * slopes.sign()).clamp(0, 1)


class SignStep:
    """Of the form of torchattacks: made with its model, then called with images and labels."""

    def __init__(self, model, size=EPS):
        self.model, self.size = model, size

    def set_device(self, device):
        """As torchattacks has it."""

    def __call__(self, images, labels):
        was_training = self.model.training
        self.model.eval()
        found = sign_step(self.model, images, labels, size=self.size)
        if was_training:
            self.model.train()
        return found


def _installed():
    """Attacks of libraries that cannot be pinned beside the rest, where they are there all the same."""
    forms = {
        "torchattacks": lambda library: lambda model: library.PGD(model, eps=EPS, alpha=EPS / 4, steps=10),
        "adv_lib.attacks": lambda library: partial(library.pgd_linf, ε=EPS, steps=20, relative_step_size=0.2),
    }
    found = {}
    for name, form in forms.items():
        try:
            found[name] = form(importlib.import_module(name))
        except ImportError as error:
            print(f"{name} cannot be imported ({error}): tested is what looks like its attacks")
    return found


FORMS = {
    "function with bound settings": partial(sign_step, size=EPS),
    "class": SignStep,
    "factory": lambda model: SignStep(model, size=EPS),
    "foolbox": foolbox.attacks.FGSM(),
    **_installed(),
}


@pytest.mark.parametrize("form", FORMS)
def test_same_attack_in_any_form_has_the_same_verdict(test_of_linear, form):
    assert test_of_linear.run(FORMS[form]).rate == 1


def test_attack_bound_to_a_model_is_refused(test_of_linear):
    with pytest.raises(InputError, match="lambda model"):
        test_of_linear.run(SignStep(Linear()))


def _subset(model, images, labels):
    """As AutoAttack: goes on with the images that still resist."""
    found = images.clone()
    for chosen in ([4, 1], [0], [5, 2, 3]):
        found[chosen] = sign_step(model, images[chosen], labels[chosen], size=EPS)
    return found


def _tiled(model, images, labels):
    """Expectation over noise, all draws in one batch, the images one after another."""
    rows = images.repeat(3, 1, 1, 1).requires_grad_(True)
    noisy = rows + 0.01 * torch.randn_like(rows)
    (slopes,) = torch.autograd.grad(functional.cross_entropy(model(noisy), labels.repeat(3)), rows)
    return (images + EPS * slopes.view(3, *images.shape).mean(0).sign()).clamp(0, 1)


def _interleaved(model, images, labels):
    """The same, the draws of an image one after another."""
    rows = images.repeat_interleave(3, 0).requires_grad_(True)
    noisy = rows + 0.01 * torch.randn_like(rows)
    (slopes,) = torch.autograd.grad(functional.cross_entropy(model(noisy), labels.repeat_interleave(3)), rows)
    return (images + EPS * slopes.view(len(images), 3, *images.shape[1:]).mean(1).sign()).clamp(0, 1)


@pytest.mark.parametrize("attack", [_subset, _tiled, _interleaved])
def test_rows_of_any_number_find_their_read_outs(test_of_linear, attack):
    assert test_of_linear.run(attack).rate == 1


def test_rows_that_may_belong_to_several_images_are_attacked_one_by_one():
    """All images alike: only an attack on one at a time can be told which read-out is meant."""
    test = prepare(Linear().eval(), IMAGES[:1].expand(4, -1, -1, -1), eps=EPS, inner=60)
    batches = []

    def attack(model, images, labels):
        batches.append(len(images))
        return _tiled(model, images, labels)

    assert test.run(attack).rate == 1
    assert batches == [4, 1, 1, 1, 1]


def test_gradients_do_not_leave_their_row(test_of_linear):
    slopes = []

    def looks(model, images, _labels):
        rows = images.clone().requires_grad_(True)
        slopes.append(torch.autograd.grad(model(rows)[2, 1], rows)[0])
        return images

    test_of_linear.run(looks)

    assert [bool(row.any()) for row in slopes[0]] == [False, False, True, False, False, False]


def test_logit_matching_finds_its_references_and_passes():
    """References are beyond the ball and of class 1, in directions of their own."""
    test = prepare(Linear().eval(), IMAGES, eps=EPS, inner=60, references=2, closeness=0.9)

    def matching(model, images, _labels):
        wanted = model(model.references[:, 0]).detach()
        assert (wanted.argmax(1) == 1).all()
        rows = images.clone()
        for step in range(20):
            rows.requires_grad_(True)
            (slopes,) = torch.autograd.grad((model(rows) - wanted).square().sum(), rows)
            rows = (images + (rows - 0.05 * 0.7**step * slopes.sign() - images).clamp(-EPS, EPS)).clamp(0, 1).detach()
        assert ((model.references[:, 0] - images).flatten(1).abs().amax(1) > 1.2 * EPS).all()
        return rows

    assert test.run(matching).rate == 1


def test_references_have_to_be_asked_for():
    test = prepare(Linear().eval(), IMAGES, eps=EPS, inner=20)

    with pytest.raises(InputError, match="references=1"):
        test.run(lambda model, images, labels: model.references[:, 0])
