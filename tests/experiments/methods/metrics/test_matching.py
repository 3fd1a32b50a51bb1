"""Matching of codes to latents against scipy, enumeration of all assignments, and blocks that only R² can see."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from experiments.contract.errors import InputError
from experiments.methods.metrics.matching import block_r2, correlations, mcc

pytestmark = [pytest.mark.unit, pytest.mark.filterwarnings("error")]


def blurred(seed: int, *, samples: int = 60, latents: int = 4, codes: int = 4) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    truth = rng.normal(size=(samples, latents))
    return truth, truth @ rng.normal(size=(latents, codes)) + rng.normal(size=(samples, codes))


def rotation(size: int, *, seed: int) -> np.ndarray:
    return stats.ortho_group.rvs(size, random_state=seed)


@pytest.mark.parametrize(("correlation", "oracle"), [("pearson", stats.pearsonr), ("spearman", stats.spearmanr)])
def test_correlations_are_scipys_also_with_ties(correlation, oracle):
    latents, codes = blurred(1, codes=3)
    latents, codes = latents.round(), codes.round()

    found = correlations(latents, codes, correlation=correlation)

    wanted = [[oracle(latent, code).statistic for code in codes.T] for latent in latents.T]
    assert found == pytest.approx(np.array(wanted), abs=1e-12)


@settings(max_examples=30)
@given(seed=st.integers(0, 1000), codes=st.integers(1, 5))
def test_mcc_is_the_best_of_all_assignments(seed: int, codes: int):
    latents, estimates = blurred(seed, latents=3, codes=codes)

    found = mcc(latents, estimates)

    table = np.abs(np.corrcoef(latents.T, estimates.T)[:3, 3:])
    padded = np.column_stack([table, np.zeros((3, 3))])
    best = max(sum(padded[range(3), order]) for order in permutations(range(codes + 3), 3))
    assert found.score == pytest.approx(best / 3, abs=1e-12)
    assert sum(found.order >= 0) == min(codes, 3)


def test_mcc_finds_order_and_signs():
    latents, _ = blurred(0)

    found = mcc(latents, latents[:, [2, 0, 3, 1]] * [-1, 2, 1, -3] + 5)

    assert found.score == pytest.approx(1)
    assert (found.order.tolist(), found.signs.tolist()) == ([1, 3, 0, 2], [1, -1, -1, 1])


def test_spearman_sees_through_a_bent_code_where_pearson_does_not():
    latents, _ = blurred(0)
    bent = np.exp(2 * latents)

    assert mcc(latents, bent, correlation="spearman").score == pytest.approx(1)
    assert mcc(latents, bent).score < 0.9


def test_fewer_codes_leave_latents_unmatched():
    latents, _ = blurred(0)

    found = mcc(latents, latents[:, [3, 1]])

    assert found.score == pytest.approx(2 / 4)
    assert (found.order.tolist(), found.signs.tolist()) == ([-1, 1, -1, 0], [0, 1, 0, 1])


@pytest.mark.parametrize("fitted", ["in_sample", "crossed"])
def test_constant_code_counts_nothing(fitted):
    latents, _ = blurred(0)
    codes = latents.copy()
    codes[:, 2] = 0.1

    assert mcc(latents, codes, fitted=fitted).score == pytest.approx(3 / 4)


def test_crossed_score_is_that_of_the_other_half():
    latents, codes = blurred(3, samples=41)

    found = mcc(latents, codes, fitted="crossed")

    halves = [(latents[:20], codes[:20]), (latents[20:], codes[20:])]
    scores = []
    for (fit, fit_codes), (other, other_codes) in (halves, halves[::-1]):
        matched = mcc(fit, fit_codes)
        scores += [
            sign * np.corrcoef(other[:, latent], other_codes[:, code])[0, 1]
            for latent, (code, sign) in enumerate(zip(matched.order, matched.signs, strict=True))
        ]
    assert found.score == pytest.approx(np.mean(scores), abs=1e-12)


def test_chance_helps_in_sample_alone():
    rng = np.random.default_rng(0)
    scores = [
        (mcc(z, h).score, mcc(z, h, fitted="crossed").score)
        for z, h in ((rng.normal(size=(50, 10)), rng.normal(size=(50, 10))) for _ in range(40))
    ]

    in_sample, crossed = np.mean(scores, axis=0)

    assert in_sample > 0.2
    assert abs(crossed) < 0.03


def test_block_r2_sees_blocks_that_are_mixed_inside():
    latents, _ = blurred(0, samples=400, latents=6)
    mixed = latents.copy()
    mixed[:, :3], mixed[:, 3:] = latents[:, :3] @ rotation(3, seed=1), latents[:, 3:] @ rotation(3, seed=2)
    shuffled = mixed[:, [4, 0, 3, 2, 5, 1]]

    found = block_r2(latents, shuffled, blocks=[25, 25, 25, 5, 5, 5])

    assert found.score == pytest.approx(1)
    assert found.by_block == pytest.approx([1, 1])
    # Blocks in the order of their labels: 5, then 25.
    assert found.codes == ((0, 2, 4), (1, 3, 5))
    assert mcc(latents, shuffled).score < 0.9


def test_block_r2_sees_blocks_that_are_mixed_with_each_other():
    latents, _ = blurred(0, samples=4000, latents=4)
    angle = np.pi / 6
    turned = latents.copy()
    # Cos² 30° of a latent of each block stays in its block; the other latent of each block stays whole.
    turned[:, 0] = np.cos(angle) * latents[:, 0] - np.sin(angle) * latents[:, 2]
    turned[:, 2] = np.sin(angle) * latents[:, 0] + np.cos(angle) * latents[:, 2]

    found = block_r2(latents, turned, blocks=[0, 0, 1, 1])

    assert found.codes == ((0, 1), (2, 3))
    assert found.by_block == pytest.approx([(1 + 0.75) / 2] * 2, abs=0.01)


def test_single_latents_as_blocks_are_squared_correlations():
    latents, codes = blurred(5, samples=4000)

    found = block_r2(latents, codes, blocks=range(4))

    order = [code for (code,) in found.codes]
    squared = correlations(latents, codes, correlation="pearson")[range(4), order] ** 2
    assert found.by_block == pytest.approx(squared, abs=0.02)


def test_block_r2_with_a_missing_code_loses_a_latent():
    latents, _ = blurred(0, samples=4000, latents=3)

    found = block_r2(latents, latents[:, :2], blocks=[0, 0, 1])

    assert found.score == pytest.approx(2 / 3, abs=0.01)


@pytest.mark.parametrize(
    ("measure", "field"),
    [
        (lambda z: mcc(z[:2], z[:2]), "latents"),
        (lambda z: mcc(z[:5], z[:5], fitted="crossed"), "latents"),
        (lambda z: mcc(z, z[:9]), "estimates"),
        (lambda z: mcc(z, np.where(z > 1, np.inf, z)), "estimates"),
        (lambda z: block_r2(z, z, blocks=[1, 2]), "blocks"),
        (lambda z: block_r2(z[:8], z[:8], blocks=[1, 1, 2, 2]), "latents"),
    ],
)
def test_what_cannot_be_matched_is_told(measure, field: str):
    with pytest.raises(InputError) as raised:
        measure(blurred(0)[0])

    assert raised.value.field == field
