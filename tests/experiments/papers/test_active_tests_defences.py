"""Defences in small: what each does, and that stand-ins give attacks the gradients that it hides."""

import numpy as np
import pytest
import torch
from foolbox.attacks import LinfPGD
from torch import Tensor, nn
from torch.nn import functional

from experiments.methods.attacks import seeded
from experiments.methods.training.registration import GRAY
from experiments.papers.zimmermann2022_active_tests.classifiers.configuration import Classifier, network_of
from experiments.papers.zimmermann2022_active_tests.classifiers.images import Labeled, labeled_images
from experiments.papers.zimmermann2022_active_tests.classifiers.library_attack import LibraryAttack
from experiments.papers.zimmermann2022_active_tests.classifiers.on_pixels import OnPixels
from experiments.papers.zimmermann2022_active_tests.defences import (
    none,
    quantization,
    random_input,
    thermometer,
)
from experiments.papers.zimmermann2022_active_tests.defences.defended import Threat, Undefended
from experiments.papers.zimmermann2022_active_tests.defences.stand_ins import Exchanging, OnAverage
from experiments.papers.zimmermann2022_active_tests.measurements.accuracies import clean_counts, robust_counts
from model_zoo.sources.wide_readout import Thermometer, WideReadout, WinnersTakeAll

pytestmark = pytest.mark.unit

THREAT = Threat(eps=0.1, steps=3, seed=0)
SMALL = Classifier(widths=(4, 4), hidden=32, levels=0)


def _undefended(classifier: Classifier = SMALL) -> Undefended:
    model = OnPixels(network_of(classifier, seed=0), mean=GRAY, std=GRAY).eval().requires_grad_(False)
    return Undefended(model=model, seen=labeled_images(classifier, "train", device="cpu").first(200))


def _images(count: int = 4) -> Tensor:
    return labeled_images(SMALL, "test", device="cpu").images[:count]


def _gradient(model: nn.Module, images: Tensor) -> Tensor:
    images = images.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(model(images)[:, 3].sum(), images)
    return gradient


def _look(seen: list[Tensor]):  # type: ignore[no-untyped-def]  # an attack that only looks at gradients
    def attack(model: nn.Module, images: Tensor, labels: Tensor) -> Tensor:
        seen.append(_gradient(model, images))
        return images

    return attack


def test_winners_keep_the_largest_share_of_an_image_and_pass_gradients_to_them_alone() -> None:
    maps = torch.randn(3, 2, 4, 5, generator=torch.Generator().manual_seed(0)).requires_grad_()

    kept = WinnersTakeAll(share=0.1)(maps)
    kept.sum().backward()

    values = maps.detach().numpy().reshape(3, 40)
    least = np.sort(values, axis=1)[:, -4:-3]
    np.testing.assert_array_equal(kept.detach().numpy().reshape(3, 40), np.where(values >= least, values, 0))
    assert maps.grad is not None
    np.testing.assert_array_equal(maps.grad.numpy().reshape(3, 40), values >= least)


def test_thermometer_counts_thresholds_and_its_gradient_is_zero() -> None:
    images = torch.tensor([-1.0, -0.6, 0.1, 1.0]).view(1, 1, 1, 4).expand(1, 3, 1, 4).clone().requires_grad_()

    code = Thermometer(levels=4)(images)
    code.sum().backward()

    # Thresholds at -1, -.5, 0, .5: a color's channels are those of its thresholds, from low to high.
    expected = [[0, 1, 1, 1], [0, 0, 1, 1], [0, 0, 1, 1], [0, 0, 0, 1]]
    np.testing.assert_array_equal(code.detach().view(3, 4, 4)[0], expected)
    assert images.grad is not None
    assert images.grad.abs().max() == 0


def test_quantization_hides_the_gradient_and_its_stand_in_gives_that_of_the_classifier_at_the_rounded_image() -> None:
    undefended, images, seen = _undefended(), _images(), []
    defended = quantization.defend(undefended, THREAT)
    exchanging = defended.attempts["adequate"].attack
    assert isinstance(exchanging, Exchanging)

    Exchanging(attack=_look(seen), parent=exchanging.parent, part=exchanging.part, stand_in=exchanging.stand_in)(
        defended.model, images, torch.zeros(4, dtype=torch.long)
    )

    rounded = (images * 7).round() / 7
    assert _gradient(defended.model, images).abs().max() == 0
    torch.testing.assert_close(seen[0], _gradient(undefended.model, rounded))
    torch.testing.assert_close(defended.model(images), undefended.model(rounded))


def test_adequate_attack_on_the_thermometer_has_gradients_and_meets_the_deployed_function() -> None:
    classifier = Classifier(widths=(4, 4), hidden=32, levels=8)
    undefended, images, seen = _undefended(classifier), _images(), []
    defended = thermometer.defend(undefended, THREAT)
    exchanging = defended.attempts["adequate"].attack
    assert isinstance(exchanging, Exchanging)

    def outputs(model: nn.Module, rows: Tensor, labels: Tensor) -> Tensor:
        seen.extend([model(rows), _gradient(model, rows)])
        return rows

    Exchanging(attack=outputs, parent=exchanging.parent, part=exchanging.part, stand_in=exchanging.stand_in)(
        defended.model, images, torch.zeros(4, dtype=torch.long)
    )

    torch.testing.assert_close(seen[0], defended.model(images))
    assert seen[1].flatten(1).norm(dim=1).min() > 0
    assert _gradient(defended.model, images).abs().max() == 0


def test_model_is_put_back_when_an_attack_raises() -> None:
    defended = quantization.defend(_undefended(), THREAT)
    deployed = defended.model.transform
    exchanging = defended.attempts["adequate"].attack
    assert isinstance(exchanging, Exchanging)

    def broken(model: nn.Module, images: Tensor, labels: Tensor) -> Tensor:
        raise ArithmeticError("no")

    with pytest.raises(ArithmeticError):
        Exchanging(attack=broken, parent=exchanging.parent, part=exchanging.part, stand_in=exchanging.stand_in)(
            defended.model, _images(), torch.zeros(4, dtype=torch.long)
        )

    assert defended.model.transform is deployed


def test_averaged_attack_sees_the_mean_gradient_of_noisy_copies() -> None:
    # Of a square, the mean gradient over noise is that of the square itself.
    square = nn.Sequential(nn.Flatten(), _Square())
    images = torch.rand(2, 3, 4, 4, generator=torch.Generator().manual_seed(0))
    seen: list[Tensor] = []

    OnAverage(attack=_look_first(seen), passes=4000, deviation=0.5)(square, images, torch.zeros(2, dtype=torch.long))

    torch.testing.assert_close(seen[0], 2 * images, atol=0.06, rtol=0)


class _Brightness(nn.Module):
    def forward(self, rows: Tensor) -> Tensor:
        return torch.stack([torch.zeros(len(rows)), rows.sum(1)], dim=1)


class _Square(nn.Module):
    def forward(self, rows: Tensor) -> Tensor:
        return torch.stack([(rows**2).sum(1), rows.sum(1)], dim=1)


def _look_first(seen: list[Tensor]):  # type: ignore[no-untyped-def]  # an attack that only looks at gradients
    def attack(model: nn.Module, images: Tensor, labels: Tensor) -> Tensor:
        rows = images.clone().requires_grad_()
        seen.extend(torch.autograd.grad(model(rows)[:, 0].sum(), rows))
        return images

    return attack


def test_random_input_differs_by_pass_and_repeats_by_the_seed_of_whoever_judges() -> None:
    images, transform = _images(), random_input.RandomInput()

    with seeded(3):
        once, again = transform(images), transform(images)
    with seeded(3):
        repeated = transform(images)

    torch.testing.assert_close(repeated, once, rtol=0, atol=0)
    assert (once - again).flatten(1).abs().amax(1).min() > 0.1
    assert once.shape == images.shape


def test_accuracies_of_a_randomized_defence_do_not_depend_on_what_was_drawn_before() -> None:
    # Black images, of which the noise of a pass alone decides.
    shown = Labeled(images=torch.zeros(200, 3, 16, 16), labels=torch.zeros(200, dtype=torch.long))
    brightness = nn.Sequential(nn.Flatten(), _Brightness())
    defended = random_input.defend(Undefended(model=brightness, seen=shown), THREAT)

    counts = []
    for before in (0, 5):
        torch.manual_seed(before)
        counts.append(clean_counts(defended, shown, seed=1))

    assert counts[0] == counts[1]
    assert 0 < counts[0]["correct"] < 200


def test_points_outside_of_the_ball_and_those_that_are_no_numbers_are_withstood() -> None:
    undefended, images = _undefended(), _images()
    shown = Labeled(images=images, labels=(undefended.model(images).argmax(1) + 1) % 10)
    found = images.clone()
    found[0] = (found[0] + 0.2) % 1
    found[1, 0, 0, 0] = torch.nan

    counts = robust_counts(none.defend(undefended, THREAT), found, shown, eps=0.1, seed=0)

    assert counts == {"images": 4, "robust": 2, "outside": 2}


def test_library_attack_repeats_stays_in_the_ball_and_puts_the_generator_back() -> None:
    undefended, images = _undefended(), _images()
    labels = undefended.model(images).argmax(1)
    attack = LibraryAttack(method=LinfPGD(steps=5), eps=0.1, seed=7)
    torch.manual_seed(0)
    before = torch.random.get_rng_state()

    first, second = (attack(undefended.model, images, labels) for _ in range(2))

    torch.testing.assert_close(first, second, rtol=0, atol=0)
    assert torch.equal(torch.random.get_rng_state(), before)
    assert (first - images).abs().max() <= 0.1 + 1e-6
    assert first.min() >= 0
    assert first.max() <= 1
    losses = [functional.cross_entropy(undefended.model(rows), labels) for rows in (images, first)]
    assert losses[1] > losses[0]


@pytest.mark.parametrize(("body", "levels"), [("convolutions", 4), ("resnet18", 4), ("resnet18", 0)])
def test_network_reads_its_features_out_linearly(body: str, levels: int) -> None:
    network = WideReadout(body=body, widths=(4, 4), side=32, hidden=16, classes=3, winners=0.2, levels=levels).eval()  # type: ignore[arg-type]  # parametrized
    images = torch.rand(2, 3, 32, 32) * 2 - 1

    features = network.features(images)

    assert features.shape == (2, 16)
    assert not any(isinstance(part, nn.ReLU) for part in network.modules())
    torch.testing.assert_close(features @ network.logits.weight.T + network.logits.bias, network(images))
