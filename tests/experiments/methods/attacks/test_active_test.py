"""Verdicts on attacks whose success is known: on linear networks in closed form, on digits by what they may do."""

import math
import random

import foolbox
import numpy as np
import pytest
import torch
from scipy.stats import beta
from torch.utils.data import DataLoader, TensorDataset

from experiments.methods.attacks import prepare, projected_descent, run_active_test
from experiments.methods.attacks.options import Options, Settings
from experiments.methods.attacks.verdict import SampleResult, Verdict
from tests.experiments.methods.attacks.networks import Linear, Through, quantized

pytestmark = pytest.mark.integration


def _nothing(_model, images, _labels):
    return images


def _verdict(*, successes=0, samples=59, failed=0, chance=0, **options):
    results = [SampleResult(success=n < successes, random_corner=n < chance) for n in range(samples - failed)]
    results += [SampleResult(setup="no linear read-out separates its points")] * failed
    return Verdict(
        name="PGD",
        per_sample=tuple(results),
        options=Options(**options),
        queries=20,
        features=2000,
        gradient="present",
        has_detector=False,
    )


def test_on_a_linear_network_descent_always_and_standing_still_never_succeeds(descent):
    images = torch.rand(8, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    test = prepare(Linear().eval(), images, eps=0.1, inner=60)

    found, still = test.run(descent, name="PGD"), test.run(_nothing, name="nothing")

    assert (found.rate, still.rate) == (1, 0)
    assert (found.outcome, still.outcome) == ("passed", "failed")
    assert found.random_rate == 0


def test_random_corners_succeed_on_a_linear_network_as_often_as_there_are_good_corners():
    """Of 2^4 corners few lie beyond the threshold: with q draws one is met with probability 1 - (1 - share)^q."""
    images = torch.full((64, 1, 2, 2), 0.5)
    test = prepare(Linear(4).eval(), images, eps=0.1, inner=20, corners=True, batch=16)
    signs = torch.tensor([[1.0 if n >> bit & 1 else -1.0 for bit in range(4)] for n in range(16)])

    shares = []
    for setup in test.setups:
        scores = (0.5 + 0.1 * signs).double() @ setup.weight + setup.bias
        shares.append(float((scores > 0).double().mean()))
    expected = [1 - (1 - share) ** 5 for share in shares]
    verdict = test.run(_nothing, queries=5)

    # The control's inner points hardly reach a corner: their part is left to the tolerance.
    spread = math.sqrt(sum(p * (1 - p) for p in expected)) / 64
    assert min(shares) >= 1 / 16
    assert verdict.random_corner == pytest.approx(sum(expected) / 64, abs=3 * spread)


@pytest.mark.parametrize(
    "attack", [foolbox.attacks.LinfPGD(steps=20, rel_stepsize=0.1), foolbox.attacks.LinfAdamPGD(steps=20, rel_stepsize=0.1)]
)
def test_attacks_of_foolbox_pass_on_an_undefended_network(network, digits, attack):
    verdict = run_active_test(network, attack, digits, eps=0.1, samples=24, inner=199, seed=1)

    assert verdict.rate >= 0.95
    assert verdict.violations == 0


def test_points_of_a_minimizing_attack_are_cut_to_the_ball(network, digits):
    verdict = run_active_test(network, foolbox.attacks.LinfDeepFoolAttack(), digits, eps=0.1, samples=16, inner=99)

    assert verdict.violations == 0
    assert verdict.rate > 0.5


def test_gradients_of_zero_fail_and_their_replacement_passes(network, digits, descent):
    """The story of the paper in small: the same attack, with and without the backward pass replaced (BPDA)."""

    class Replaced(torch.autograd.Function):
        @staticmethod
        def forward(_context, images):
            return quantized(images)

        @staticmethod
        def backward(_context, gradients):
            return gradients

    hidden = Through(network, quantized).eval()
    test = prepare(hidden, digits, eps=0.1, samples=24, inner=199, closeness=0.9)

    def replaced(model, images, labels):
        model.model.change = Replaced.apply
        try:
            return descent(foolbox.PyTorchModel(model, bounds=(0, 1)), images, labels, epsilons=0.1)[1]
        finally:
            model.model.change = quantized

    blind, seeing = test.run(descent), test.run(replaced)

    assert test.gradient == "zero"
    assert blind.outcome == "failed"
    assert "gradients of zero" in blind.words
    assert seeing.rate > blind.rate + 0.4


def test_l2(network, digits):
    attack = foolbox.attacks.L2PGD(steps=20, rel_stepsize=0.1)

    verdict = run_active_test(network, attack, digits, eps=1.0, norm="l2", samples=24, inner=199)

    assert verdict.rate >= 0.95
    assert verdict.random_rate < 0.5


def test_randomized_model_is_judged_by_most_of_its_passes(network, digits, descent):
    noisy = Through(network, lambda images: images + 0.02 * torch.randn_like(images)).eval()

    verdict = run_active_test(noisy, descent, digits, eps=0.2, samples=16, inner=99, closeness=0.5, repeats=4)

    assert verdict.rate >= 0.9
    assert "more than half of 4 passes" in verdict.words


def test_same_seed_same_verdict_whatever_the_batch(network, digits, descent):
    verdicts = [
        run_active_test(network, descent, digits, eps=0.1, samples=10, inner=49, closeness=0.5, batch=batch).as_json()
        for batch in (10, 10, 4)
    ]

    assert verdicts[0] == verdicts[1]
    for name in ("random_surface", "random_corner", "setup_failures"):
        assert verdicts[0][name] == verdicts[2][name]


def test_set_ups_of_a_randomized_model_are_the_same_however_many_are_made(network, digits):
    noisy = Through(network, lambda images: images + 0.01 * torch.randn_like(images)).eval()

    several, single = (prepare(noisy, digits, eps=0.2, samples=3, inner=49, closeness=0.5, batch=batch) for batch in (3, 1))

    for one, other in zip(several.setups, single.setups, strict=True):
        assert (one.failure, one.found) == (other.failure, other.found)
        torch.testing.assert_close(one.solution, other.solution)
        torch.testing.assert_close(one.weight, other.weight)


def test_clean_image_that_a_further_pass_takes_for_class_one_leaves_no_test():
    """Else an attack that returns what it was given could succeed."""
    passes = []

    def late(images):
        # Three passes come before the trial: two that find the features, and that of the points.
        passes.append(len(images))
        return images + 0.3 if len(passes) > 3 else images

    # Some of the corners are brighter than the image, so that a brighter image is of class 1, too.
    model = Through(Linear(4), late).eval()
    images = torch.full((1, 1, 2, 2), 0.5)
    reasons = []
    for seed in range(20):
        passes.clear()
        reasons.append(prepare(model, images, eps=0.1, inner=20, seed=seed, controls=1).setups[0].failure)

    assert "its clean image is of class 1 in a further pass of the model" in reasons


def test_generators_of_numpy_and_python_are_seeded_and_put_back():
    images = torch.rand(2, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    test = prepare(Linear().eval(), images, eps=0.1, inner=20)
    drawn = []

    def draws(_model, clean, _labels):
        drawn.append((random.random(), np.random.rand(), float(torch.rand(()))))
        return clean

    random.seed(5)
    np.random.seed(5)
    expected = random.random(), np.random.rand()
    random.seed(5)
    np.random.seed(5)
    for _ in range(2):
        test.run(draws)

    assert drawn[0] == drawn[1]
    assert (random.random(), np.random.rand()) == expected


def test_images_of_another_precision_are_taken_from_data_and_attacks(descent):
    images = torch.rand(4, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    test = prepare(Linear().eval(), images.double(), eps=0.1, inner=60)

    def doubled(model, clean, labels):
        return descent(foolbox.PyTorchModel(model, bounds=(0, 1)), clean, labels, epsilons=0.1)[1].double()

    verdict = test.run(doubled)

    assert (verdict.rate, verdict.violations) == (1, 0)


def test_batches_of_a_loader_give_their_first_images():
    images = torch.rand(8, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    loader = DataLoader(TensorDataset(images, torch.arange(8)), batch_size=3)

    test = prepare(Linear().eval(), loader, eps=0.1, inner=20, samples=5)

    torch.testing.assert_close(torch.stack([setup.image for setup in test.setups]), images[:5])


@pytest.mark.parametrize("norm", ["linf", "l2"])
def test_projected_descent_crosses_the_ball_whatever_its_steps(norm):
    eps = {"linf": 0.1, "l2": 0.5}[norm]
    images = torch.full((4, 1, 8, 8), 0.5)
    test = prepare(Linear().eval(), images, eps=eps, norm=norm, inner=60, closeness=0.9)

    for steps in (2, 30):
        attack = projected_descent(norm, steps=steps)
        assert attack.rel_stepsize * steps == pytest.approx(min(steps, 2.5))
        assert test.run(attack).violations == 0
    assert test.run(attack).rate == 1


def test_known_adversarial_images_are_adversarial(network, digits):
    """The guarantee of the test: an attack that returns them succeeds everywhere."""
    test = prepare(network, digits, eps=0.1, samples=16, inner=199, boundary=3)
    known = iter(test.setups)

    verdict = test.run(lambda _model, images, _labels: torch.stack([next(known).solution for _ in images]))

    assert verdict.rate == 1
    assert [one.score for one in verdict.per_sample] == pytest.approx([1.0] * 16, abs=1e-4)


def test_weights_keep_their_gradients_switched_on_and_get_none(network, digits, descent):
    run_active_test(network, descent, digits, eps=0.1, samples=4, inner=49)

    assert all(weight.requires_grad for weight in network.parameters())


@pytest.mark.parametrize(("samples", "certified"), [(58, False), (59, True)])
def test_59_of_59_certify(samples, certified):
    verdict = _verdict(successes=samples, samples=samples)

    assert verdict.certified == certified
    # The exact bound of n of n is the 5 % quantile of a beta distribution.
    assert verdict.lower_bound == pytest.approx(beta.ppf(0.05, samples, 1))


@pytest.mark.parametrize(
    ("case", "outcome", "word"),
    [
        ({"successes": 59}, "passed", "PASSES"),
        ({"successes": 30}, "failed", "FAILS"),
        ({"successes": 5, "chance": 20}, "failed", "ASR below R-ASR: the attack is broken"),
        ({"successes": 59, "chance": 40}, "undecided", "NOT RANDOM-PROOF"),
        ({"successes": 55, "failed": 4}, "undecided", "No test could be made of 4 samples"),
        ({"successes": 55, "failed": 4}, "undecided", "TOO FEW SET-UPS: 6.8% failed"),
        ({"successes": 20, "failed": 4}, "failed", "FAILS"),
        # Of a fair test a failed set-up counts against the attack, although it might have been the missing success.
        ({"successes": 60, "failed": 1, "samples": 64}, "failed", "FAILS"),
        ({"successes": 61, "failed": 3, "samples": 64}, "passed", "PASSES"),
        ({"successes": 33, "failed": 31, "chance": 33, "samples": 64}, "undecided", "solve 100.0% of the set-ups"),
    ],
)
def test_outcome_and_its_words(case, outcome, word):
    verdict = _verdict(**case)

    assert verdict.outcome == outcome
    assert word in verdict.words
    assert str(verdict).endswith(verdict.words)


def test_random_points_are_judged_where_they_could_be_tried():
    verdict = _verdict(successes=33, failed=31, chance=33, samples=64)

    assert (verdict.random_corner, verdict.random_rate, verdict.rate) == (1, 1, 33 / 64)
    # As good as chance on each set-up is not worse than chance.
    assert "the attack is broken" not in verdict.words
    assert _verdict(failed=64, samples=64).random_rate == 0


def test_fewer_features_than_points_are_said():
    assert "fewer features (2000) than points (2500)" in _verdict(successes=59, inner=2499).words


def test_settings_are_the_fields_of_the_options():
    assert set(Settings.__annotations__) == set(Options.__dataclass_fields__)
