"""Detectors in small: trapdoors and activations, and the attack that minds them."""

import pytest
import torch
from sklearn.metrics import roc_auc_score
from torch import Tensor

from experiments.methods.training.registration import GRAY
from experiments.papers.zimmermann2022_active_tests.classifiers.configuration import Classifier, network_of
from experiments.papers.zimmermann2022_active_tests.classifiers.images import labeled_images
from experiments.papers.zimmermann2022_active_tests.classifiers.on_pixels import OnPixels
from experiments.papers.zimmermann2022_active_tests.classifiers.triggers import with_triggers
from experiments.papers.zimmermann2022_active_tests.defences import (
    activations,
    trapdoor,
)
from experiments.papers.zimmermann2022_active_tests.defences.both_aims import Best, Selective
from experiments.papers.zimmermann2022_active_tests.defences.defended import Threat, Undefended, projected
from experiments.papers.zimmermann2022_active_tests.measurements.accuracies import Guarded

pytestmark = pytest.mark.unit

THREAT = Threat(eps=0.1, steps=3, seed=0)
SMALL = Classifier(widths=(4, 4), hidden=32, levels=0)


def _undefended(classifier: Classifier = SMALL) -> Undefended:
    model = OnPixels(network_of(classifier, seed=0), mean=GRAY, std=GRAY).eval().requires_grad_(False)
    return Undefended(model=model, seen=labeled_images(classifier, "train", device="cpu").first(200))


def _images(count: int = 4) -> Tensor:
    return labeled_images(SMALL, "test", device="cpu").images[:count]


def test_detector_of_activations_tells_what_it_was_trained_on_and_repeats_by_seed() -> None:
    undefended = _undefended()
    threat = Threat(eps=0.3, steps=3, seed=0)
    seen = undefended.seen.images
    attacked = projected(threat, steps=3)(undefended.model, seen[:150], undefended.seen.labels[:150])
    defended = [activations.defend(undefended, threat).detector for _ in range(2)]
    assert defended[0] is not None
    assert defended[1] is not None

    scores = defended[0](seen)

    torch.testing.assert_close(scores, defended[1](seen), rtol=0, atol=0)
    # A quarter of the clean images set the threshold.
    assert (scores[150:] > 0).float().mean() == pytest.approx(0.05, abs=0.02)
    assert roc_auc_score([0] * 150 + [1] * 150, torch.cat((scores[:150], defended[0](attacked)))) > 0.95


def test_detector_of_activations_stands_images_whose_features_do_not_differ() -> None:
    undefended = _undefended()
    network = undefended.model.network
    image = _images(1)

    detector = activations.ActivationDetector(network, clean=image, attacked=image, held_out=image, seed=0)

    assert detector(_images()).isfinite().all()


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
