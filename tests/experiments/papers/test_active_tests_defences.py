"""Defences in small: what each does, and that stand-ins give attacks the gradients that it hides."""

import numpy as np
import pytest
import torch
from foolbox.attacks import LinfPGD
from torch import Tensor, nn
from torch.nn import functional

from experiments.methods.training.registration import GRAY
from experiments.papers.zimmermann2022_active_tests.classifiers.configuration import Classifier, network_of
from experiments.papers.zimmermann2022_active_tests.classifiers.images import labeled_images
from experiments.papers.zimmermann2022_active_tests.classifiers.library_attack import LibraryAttack
from experiments.papers.zimmermann2022_active_tests.classifiers.on_pixels import OnPixels
from experiments.papers.zimmermann2022_active_tests.classifiers.triggers import with_triggers
from experiments.papers.zimmermann2022_active_tests.defences import quantization, random_input, thermometer, trapdoor
from experiments.papers.zimmermann2022_active_tests.defences.both_aims import Best, Selective
from experiments.papers.zimmermann2022_active_tests.defences.defended import Threat, Undefended
from experiments.papers.zimmermann2022_active_tests.defences.stand_ins import Exchanging, OnAverage
from experiments.papers.zimmermann2022_active_tests.measurements.accuracies import Guarded
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


class _Square(nn.Module):
    def forward(self, rows: Tensor) -> Tensor:
        return torch.stack([(rows**2).sum(1), rows.sum(1)], dim=1)


def _look_first(seen: list[Tensor]):  # type: ignore[no-untyped-def]  # an attack that only looks at gradients
    def attack(model: nn.Module, images: Tensor, labels: Tensor) -> Tensor:
        rows = images.clone().requires_grad_()
        seen.extend(torch.autograd.grad(model(rows)[:, 0].sum(), rows))
        return images

    return attack


def test_random_input_differs_by_pass_and_repeats_by_seed() -> None:
    images = _images()

    first, second = (random_input.RandomInput(seed=3) for _ in range(2))

    once, again = first(images), first(images)
    torch.testing.assert_close(second(images), once)
    assert (once - again).flatten(1).abs().amax(1).min() > 0.1
    assert once.shape == images.shape


def test_detector_raises_false_alarms_as_often_as_it_was_told_to() -> None:
    undefended = _undefended(Classifier(widths=(4, 4), hidden=32, trapdoors=0.5))
    defended = trapdoor.defend(undefended, THREAT)
    assert defended.detector is not None

    alarms = (defended.detector(undefended.seen.images) > 0).float().mean()

    # Of each class a share of its images, rounded to whole images of 200.
    assert alarms == pytest.approx(0.05, abs=0.03)
    assert alarms > 0


def test_selective_gradient_is_the_detectors_where_an_image_is_misclassified_and_the_best_iterate_is_kept() -> None:
    undefended, images = _undefended(), _images()
    guarded = Guarded(undefended.model, lambda rows: rows.mean((1, 2, 3)) - 2)
    labels = undefended.model(images).argmax(1)
    labels[:2] = (labels[:2] + 1) % 10
    surrogate = Selective(guarded, labels=labels, best=Best(torch.zeros_like(images), torch.full((4,), torch.inf)))

    rows = images.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(surrogate(rows)[:, 1].sum(), rows)
    surrogate.seen(images + 0.1)

    torch.testing.assert_close(gradient[:2], torch.full_like(gradient[:2], -1 / images[0].numel()))
    assert (gradient[2:] - gradient[0]).flatten(1).abs().amax(1).min() > 1e-3
    # Brighter images score higher, so that they are no better; those never misclassified have no iterate.
    torch.testing.assert_close(surrogate.best.images[:2], images[:2])
    assert surrogate.best.scores[:2].isfinite().all()


def test_joint_attack_minds_the_detector_of_the_model_that_it_is_given() -> None:
    undefended = _undefended()
    images, labels = _images(), torch.zeros(4, dtype=torch.long)
    attack = trapdoor.defend(undefended, THREAT).attempts["adequate"].attack

    # A detector of bright images: whoever minds it makes them darker; turned round, brighter.
    found = {
        sign: attack(Guarded(undefended.model, lambda rows, sign=sign: sign * (rows.mean((1, 2, 3)) + 5)), images, labels)
        for sign in (1, -1)
    }

    assert (found[1].mean((1, 2, 3)) < images.mean((1, 2, 3))).all()
    assert (found[-1] - images).abs().max() <= 0.1 + 1e-6


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


def test_triggers_stay_within_their_amplitude_and_differ_by_class() -> None:
    images, classes = _images(2), torch.tensor([0, 1])

    marked = with_triggers(images, classes, amplitude=0.1, classes=10)

    assert (marked - images).abs().max() <= 0.1 + 1e-6
    assert (marked[0] - images[0] - (marked[1] - images[1])).abs().max() > 0.1


@pytest.mark.parametrize(("body", "levels"), [("convolutions", 4), ("resnet18", 4), ("resnet18", 0)])
def test_network_reads_its_features_out_linearly(body: str, levels: int) -> None:
    network = WideReadout(body=body, widths=(4, 4), side=32, hidden=16, classes=3, winners=0.2, levels=levels).eval()  # type: ignore[arg-type]  # parametrized
    images = torch.rand(2, 3, 32, 32) * 2 - 1

    features = network.features(images)

    assert features.shape == (2, 16)
    assert not any(isinstance(part, nn.ReLU) for part in network.modules())
    torch.testing.assert_close(features @ network.logits.weight.T + network.logits.bias, network(images))
