"""Likelihoods by the probability flow and by the bound of denoising, against densities that are known."""

import pytest
import torch
from scipy.stats import ttest_1samp

from experiments.contract.errors import InputError
from experiments.methods.score_models.diffusions import DIFFUSIONS, Diffusion
from experiments.methods.score_models.likelihood import class_log_likelihoods, log_likelihood
from experiments.methods.score_models.likelihood_classifier import LikelihoodClassifier
from experiments.methods.score_models.probability_flow import Integration
from model_zoo.sources.score_network import ScoreNetwork
from tests.experiments.methods.score_models.exact import POINTS, ExactMixture

pytestmark = pytest.mark.unit
EACH = pytest.mark.parametrize("diffusion", DIFFUSIONS.values(), ids=DIFFUSIONS)
MIXTURE = 2
"""The class that tells no component."""


@EACH
@pytest.mark.parametrize(
    "integration", [Integration(solver="adaptive", divergence="exact"), Integration(divergence="exact", steps=50)]
)
def test_likelihood_of_a_known_mixture_is_exact(diffusion: Diffusion, integration: Integration) -> None:
    network = ExactMixture(diffusion)
    labels = [MIXTURE] * len(POINTS)

    with torch.no_grad():
        found = log_likelihood(network, POINTS, torch.tensor(labels), diffusion=diffusion, integration=integration)

    assert torch.allclose(found, network.at_start(POINTS, labels), atol=1e-3)


def test_classes_in_one_solution_are_what_each_gives_alone() -> None:
    diffusion = DIFFUSIONS["vp"]
    network = ExactMixture(diffusion)
    probes = torch.ones_like(POINTS)

    with torch.no_grad():
        together = class_log_likelihoods(network, POINTS, classes=(0, 1), diffusion=diffusion, probes=probes)
        alone = [
            log_likelihood(network, POINTS, torch.full((3,), number), diffusion=diffusion, probes=probes) for number in (0, 1)
        ]

    assert torch.allclose(together, torch.stack(alone, dim=1))


def test_probes_are_unbiased() -> None:
    diffusion = DIFFUSIONS["vp"]
    network = ExactMixture(diffusion)
    many = POINTS[:1].expand(1000, 2)
    labels = torch.full((1000,), MIXTURE)
    integration = Integration(steps=8)

    with torch.no_grad():
        found = log_likelihood(network, many, labels, diffusion=diffusion, integration=integration, seed=3)
        exact = log_likelihood(
            network, many[:1], labels[:1], diffusion=diffusion, integration=Integration(steps=8, divergence="exact")
        )

    assert float(found.std()) > 0.05
    assert ttest_1samp(found.numpy(), float(exact)).pvalue > 0.01


def test_common_probes_take_noise_out_of_differences_between_classes() -> None:
    diffusion = DIFFUSIONS["vp"]
    network = ExactMixture(diffusion)
    many = POINTS[:1].expand(200, 2)
    integration = Integration(steps=5)

    with torch.no_grad():
        common = class_log_likelihoods(network, many, classes=(0, 1), diffusion=diffusion, integration=integration)
        independent = [
            log_likelihood(
                network, many, torch.full((200,), number), diffusion=diffusion, integration=integration, seed=10 + number
            )
            for number in (0, 1)
        ]

    spread = (independent[0] - independent[1]).std()
    assert float((common[:, 0] - common[:, 1]).std()) < 0.1 * float(spread)


def test_gradient_through_the_classifier_is_that_of_finite_differences() -> None:
    network = ScoreNetwork(body="perceptron", shape=(1, 2, 2), classes=3, width=16, blocks=1).double().eval()
    classifier = LikelihoodClassifier(
        network, diffusion=DIFFUSIONS["subvp"], levels=17, integration=Integration(steps=3)
    ).double()
    images = torch.rand(2, 1, 2, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64, requires_grad=True)

    assert torch.autograd.gradcheck(classifier, images, eps=1e-6, atol=1e-6)


def test_classifier_gives_the_same_scores_in_any_batch() -> None:
    network = ScoreNetwork(body="unet", shape=(3, 8, 8), classes=2, width=8, blocks=1, attention=2).eval()
    classifier = LikelihoodClassifier(network, diffusion=DIFFUSIONS["vp"], levels=256, integration=Integration(steps=2))
    images = torch.rand(3, 3, 8, 8, generator=torch.Generator().manual_seed(0))

    with torch.no_grad():
        together, alone = classifier(images), classifier(images[1:2])

    assert together.shape == (3, 2)
    assert torch.allclose(together[1:2], alone, rtol=1e-4)


def test_draws_of_the_classifier_are_averaged_as_likelihoods() -> None:
    network = ScoreNetwork(body="perceptron", shape=(1, 2, 2), classes=3, width=16, blocks=1).eval()
    about, steps = DIFFUSIONS["subvp"], Integration(steps=2)
    classifier = LikelihoodClassifier(network, diffusion=about, levels=17, integration=steps, draws=3, seed=4)
    images = torch.rand(5, 1, 2, 2, generator=torch.Generator().manual_seed(0))

    with torch.no_grad():
        scores = classifier(images)
        alone = [
            class_log_likelihoods(
                network,
                (images * 16 + noise) * (2 / 17) - 1,
                classes=range(3),
                diffusion=about,
                integration=steps,
                probes=probe.expand_as(images),
            )
            for noise, probe in zip(classifier.get_buffer("noise"), classifier.get_buffer("probes"), strict=True)
        ]

    assert torch.allclose(scores, torch.stack(alone).exp().mean(dim=0).log(), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(("field", "value"), [("steps", 0), ("tolerance", 0.0)])
def test_integration_without_steps_or_tolerance_is_refused(field: str, value: float) -> None:
    with pytest.raises(InputError, match=field):
        Integration(**{field: value})
