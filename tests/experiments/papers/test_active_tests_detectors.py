"""The trapdoor detector in small, and the attacks that mind or ignore it."""

import pytest
import torch
from torch import Tensor

from experiments.methods.training.registration import GRAY
from experiments.papers.zimmermann2022_active_tests.classifiers.configuration import Classifier, network_of
from experiments.papers.zimmermann2022_active_tests.classifiers.images import labeled_images
from experiments.papers.zimmermann2022_active_tests.classifiers.on_pixels import OnPixels
from experiments.papers.zimmermann2022_active_tests.classifiers.triggers import with_triggers
from experiments.papers.zimmermann2022_active_tests.defences import trapdoor
from experiments.papers.zimmermann2022_active_tests.defences.both_aims import Best, Selective
from experiments.papers.zimmermann2022_active_tests.defences.defended import Threat, Undefended
from experiments.papers.zimmermann2022_active_tests.measurements.accuracies import Guarded

pytestmark = pytest.mark.unit

THREAT = Threat(eps=0.1, steps=3, seed=0)
SMALL = Classifier(widths=(4, 4), hidden=32, levels=0)


def _undefended(classifier: Classifier = SMALL) -> Undefended:
    model = OnPixels(network_of(classifier, seed=0), mean=GRAY, std=GRAY).eval().requires_grad_(False)
    return Undefended(model=model, seen=labeled_images(classifier, "train", device="cpu").first(200))


def _images(count: int = 4) -> Tensor:
    return labeled_images(SMALL, "test", device="cpu").images[:count]


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


def test_triggers_stay_within_their_amplitude_and_differ_by_class() -> None:
    images, classes = _images(2), torch.tensor([0, 1])

    marked = with_triggers(images, classes, amplitude=0.1, classes=10)

    assert (marked - images).abs().max() <= 0.1 + 1e-6
    assert (marked[0] - images[0] - (marked[1] - images[1])).abs().max() > 0.1


def test_smallest_perturbations_are_in_the_ball_and_shorter_than_those_of_descent() -> None:
    undefended, images = _undefended(), _images()
    labels = undefended.model(images).argmax(1)
    attempts = trapdoor.defend(undefended, Threat(eps=0.5, steps=4, seed=0)).attempts

    found = {name: attempts[name].attack(undefended.model, images, labels) - images for name in ("smallest", "original")}

    lengths = {name: change.abs().flatten(1).amax(1) for name, change in found.items()}
    assert (lengths["original"] <= 0.5 + 1e-6).all()
    assert (lengths["smallest"] < lengths["original"]).all()
