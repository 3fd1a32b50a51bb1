"""Classifiers by noise prediction: what they sum, rounds of elimination, gradients, and the robust one."""

import numpy as np
import pytest
import torch
from scipy.stats import lognorm
from torch import Tensor

from experiments.contract.errors import InputError
from experiments.methods.score_models.diffusions import DIFFUSIONS
from experiments.methods.score_models.noise_classifier import eliminated, noise_classifier
from experiments.methods.score_models.robust_classifier import RobustClassifier, edm_weights
from model_zoo.sources.score_classifier import NoiseClassifier
from model_zoo.sources.score_network import ScoreNetwork

pytestmark = pytest.mark.unit
VP = DIFFUSIONS["vp"]
IMAGES = torch.rand(6, 1, 2, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def small(*, classes: int = 6) -> ScoreNetwork:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return ScoreNetwork(body="perceptron", shape=(1, 2, 2), classes=classes, width=16, blocks=1).double().eval()


def bank(network: ScoreNetwork, *, samples: int, weighting="noise") -> NoiseClassifier:
    return noise_classifier(network, diffusion=VP, levels=17, samples=samples, weighting=weighting).double()


def by_hand(classifier: NoiseClassifier, images: Tensor) -> Tensor:
    """The same scores, one image, one sample, one class at a time."""
    rows = []
    for image in images:
        errors = torch.zeros(classifier.network.classes, dtype=torch.float64)
        for number, time in enumerate(classifier.times):
            points = (image * 16 + classifier.offsets) / 17 * 2 - 1
            noise = classifier.noise[number : number + 1]
            noised = VP.noised(points[None], time[None], noise)
            for label in range(classifier.network.classes):
                predicted = classifier.network(noised, time[None], torch.tensor([label]))
                errors[label] += classifier.weights[number] * (predicted - noise).square().sum()
        rows.append(-errors / len(classifier.times))
    return torch.stack(rows)


@pytest.mark.parametrize("weighting", ["noise", "likelihood"])
def test_scores_are_the_errors_of_the_predicted_noise(weighting) -> None:
    classifier = bank(small(), samples=20, weighting=weighting)

    with torch.no_grad():
        assert torch.allclose(classifier(IMAGES[:2]), by_hand(classifier, IMAGES[:2]), rtol=1e-5)


def test_first_samples_of_a_bank_cover_the_times_like_all() -> None:
    times = bank(small(), samples=64).times

    for first in (4, 16, 64):
        assert float(times[:first].sort().values.diff().max()) < 3 / first


def test_elimination_decides_as_the_full_evaluation_where_there_is_a_margin() -> None:
    """Class embeddings that differ much, so that the right class leads from the first samples on."""
    network = small()
    network.classes_embedded.weight.data *= 5
    classifier = bank(network, samples=64)

    with torch.no_grad():
        scores = classifier(IMAGES)
        best = scores.topk(2, dim=1).values

    assert float((best[:, 0] - best[:, 1]).min()) > 0.01
    assert torch.equal(eliminated(classifier, IMAGES, rungs=((3, 16), (1, 64))), scores.argmax(1))


def test_elimination_drops_what_was_worst_when_it_was_asked() -> None:
    classifier = bank(small(), samples=8)
    labels = torch.arange(6).repeat(len(IMAGES), 1)

    with torch.no_grad():
        early = classifier.errors(IMAGES, labels, first=0, last=2)
        late = classifier.errors(IMAGES, labels, first=0, last=8)
    late[early >= early.sort(dim=1).values[:, 3:4]] = torch.inf

    assert torch.equal(eliminated(classifier, IMAGES, rungs=((3, 2), (1, 8))), late.argmin(1))


@pytest.mark.parametrize("rungs", [(), ((2, 4),), ((2, 8), (1, 4)), ((7, 4), (1, 8)), ((1, 9),)])
def test_rungs_that_lead_nowhere_are_refused(rungs) -> None:
    with pytest.raises(InputError, match="rungs"):
        eliminated(bank(small(), samples=8), IMAGES, rungs=rungs)


def test_gradient_through_the_classifier_is_that_of_finite_differences() -> None:
    images = IMAGES[:2].clone().requires_grad_()

    assert torch.autograd.gradcheck(bank(small(), samples=3), images, eps=1e-6, atol=1e-6)


def test_weights_are_the_loss_times_the_density_of_noise_levels() -> None:
    """The bracket that is missing in the released code divides the exponent by the deviation's square, not multiplies with it."""
    levels = np.linspace(1e-2, 3, 50)

    weights = edm_weights(torch.from_numpy(levels)).numpy()

    expected = (levels**2 + 0.25) / (0.5 * levels) ** 2 * lognorm.pdf(levels, s=1.2, scale=np.exp(-1.2))
    np.testing.assert_allclose(weights, expected, rtol=1e-10)


def test_robust_classifier_makes_images_likelier_within_its_ball() -> None:
    robust = RobustClassifier(small(), diffusion=VP, levels=17, ball=0.1, steps=4, samples=10).double()
    unknown = torch.full((len(IMAGES), 1), 6)

    moved = robust.likelier(IMAGES)

    assert float((moved - IMAGES).abs().max()) <= 0.1 + 1e-9
    assert float(moved.min()) >= 0
    assert float(moved.max()) <= 1
    with torch.no_grad():
        before, after = (robust.guides.errors(images, unknown, first=0, last=4) for images in (IMAGES, moved))
        assert float(after.mean()) < float(before.mean())
        assert torch.allclose(robust(IMAGES), robust.classifier(moved))


def test_gradient_of_the_robust_classifier_is_that_of_its_classifier_at_the_likelier_images() -> None:
    robust = RobustClassifier(small(), diffusion=VP, levels=17, ball=0.02, steps=2, samples=4).double()
    inner = (IMAGES * 0.8 + 0.1).requires_grad_()
    moved = robust.likelier(inner.detach()).requires_grad_()

    (found,) = torch.autograd.grad(robust(inner)[:, 0].sum(), inner)
    (expected,) = torch.autograd.grad(robust.classifier(moved)[:, 0].sum(), moved)

    inside = (moved - inner).abs() < 0.02 - 1e-6
    assert bool(inside.any())
    assert torch.allclose(found[inside], expected[inside])


@pytest.mark.parametrize("changes", [{"ball": 0.0}, {"ball": 0.1, "steps": 0}])
def test_robust_classifier_without_a_ball_or_steps_is_refused(changes) -> None:
    with pytest.raises(InputError, match=next(reversed(changes))):
        RobustClassifier(small(), diffusion=VP, levels=17, **changes)
