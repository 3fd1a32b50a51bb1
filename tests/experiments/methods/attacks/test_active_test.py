"""Verdicts on attacks whose success is known: on linear networks in closed form, on digits by what they may do."""

import math

import foolbox
import pytest
import torch
from scipy.stats import beta

from experiments.methods.attacks import prepare, run_active_test
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
        ({"successes": 20, "failed": 4}, "failed", "FAILS"),
    ],
)
def test_outcome_and_its_words(case, outcome, word):
    verdict = _verdict(**case)

    assert verdict.outcome == outcome
    assert word in verdict.words
    assert str(verdict).endswith(verdict.words)


def test_fewer_features_than_points_are_said():
    assert "fewer features (2000) than points (2500)" in _verdict(successes=59, inner=2499).words


def test_settings_are_the_fields_of_the_options():
    assert set(Settings.__annotations__) == set(Options.__dataclass_fields__)
