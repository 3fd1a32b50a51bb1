"""Rank tests against published examples, enumeration and formulas."""

from itertools import combinations, product

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests

from experiments.methods.statistics.rank_tests import conover_holm, holm, kruskal_wallis, two_samples, wilcoxon_paired

pytestmark = [pytest.mark.unit, pytest.mark.filterwarnings("error")]


def test_wilcoxon_gives_the_known_example():
    # Darwin's heights of maize, after Cureton 1967; exact p as tabulated.
    differences = [6, 8, 14, 16, 23, 24, 28, 29, 41, -48, 49, 56, 60, -67, 75]

    tested = wilcoxon_paired(differences, [0] * 15)

    assert (tested.statistic, tested.p) == (24, pytest.approx(0.041259765625))


@pytest.mark.parametrize("seed", range(4))
def test_wilcoxon_of_few_pairs_with_ties_counts_all_signs(seed: int):
    rng = np.random.default_rng(seed)
    first, second = rng.integers(0, 6, (2, 9)) / 5

    tested = wilcoxon_paired(first.tolist(), second.tolist())

    differences = np.round(first - second, 9)
    ranks = stats.rankdata(abs(differences[differences != 0]))
    positive = ranks[differences[differences != 0] > 0].sum()
    sums = np.array([(ranks * np.array(signs)).sum() for signs in product((0, 1), repeat=len(ranks))])
    p = min(1.0, 2 * min(np.mean(sums <= positive + 1e-9), np.mean(sums >= positive - 1e-9)))
    assert (tested.statistic, tested.p) == pytest.approx((min(positive, ranks.sum() - positive), p))


def test_wilcoxon_of_many_pairs_with_ties_is_the_normal_approximation():
    rng = np.random.default_rng(0)
    differences = rng.integers(-3, 5, 60) / 10
    kept = differences[differences != 0]

    tested = wilcoxon_paired(differences.tolist(), [0.0] * 60)

    ranks, n = stats.rankdata(abs(kept)), len(kept)
    _, ties = np.unique(abs(kept), return_counts=True)
    variance = n * (n + 1) * (2 * n + 1) / 24 - (ties**3 - ties).sum() / 48
    z = (ranks[kept > 0].sum() - n * (n + 1) / 4) / variance**0.5
    assert tested.p == pytest.approx(2 * stats.norm.sf(abs(z)))


def test_wilcoxon_keeps_ties_of_shares_in_spite_of_their_rounding():
    first, second = [0.3, 0.4, 0.9, 0.7], [0.1 + 0.1, 0.3, 0.8, 0.7 - 0.1]

    assert wilcoxon_paired(first, second) == wilcoxon_paired([3, 4, 9, 7], [2, 3, 8, 6])


@pytest.mark.parametrize(("values", "p"), [([0.2], 1.0), ([0.2, 0.1], 0.5)])
def test_wilcoxon_of_one_or_two_pairs_has_an_honest_p(values: list[float], p: float):
    assert wilcoxon_paired(values, [0.0] * len(values)).p == pytest.approx(p)


@pytest.mark.parametrize("values", [[], [0.5], [0.5, 0.7]])
def test_wilcoxon_is_withheld_where_no_pair_differs(values: list[float]):
    tested = wilcoxon_paired(values, values)

    assert (tested.p, tested.why_not) == (None, "no pair differs")


def groups(seed: int = 1) -> dict[str, list[float]]:
    rng = np.random.default_rng(seed)
    return {name: (rng.binomial(30, share, 12) / 30).tolist() for name, share in {"a": 0.8, "b": 0.7, "c": 0.65}.items()}


def ranked(values: dict[str, list[float]]) -> tuple[np.ndarray, list[np.ndarray]]:
    ranks = stats.rankdata(np.concatenate(list(values.values())))
    return ranks, np.split(ranks, np.cumsum([len(some) for some in values.values()])[:-1])


def test_kruskal_wallis_agrees_with_its_formula():
    tested = kruskal_wallis(groups())

    ranks, by_group = ranked(groups())
    between = sum(len(some) * (some.mean() - ranks.mean()) ** 2 for some in by_group)
    statistic = (len(ranks) - 1) * between / ((ranks - ranks.mean()) ** 2).sum()
    assert (tested.statistic, tested.p) == pytest.approx((statistic, stats.chi2.sf(statistic, 2)))


def test_conover_agrees_with_its_formula_and_holms_rule():
    found = conover_holm(groups())

    # Conover and Iman 1979: differences of mean ranks against what the ranks vary within groups.
    ranks, by_group = ranked(groups())
    n, k = len(ranks), 3
    spread = ((ranks - ranks.mean()) ** 2).sum() / (n - 1)
    h = kruskal_wallis(groups()).statistic
    p_values = {}
    for (i, first), (j, second) in combinations(enumerate("abc"), 2):
        error = (spread * (n - 1 - h) / (n - k) * (1 / len(by_group[i]) + 1 / len(by_group[j]))) ** 0.5
        p_values[first, second] = 2 * stats.t.sf(abs(by_group[i].mean() - by_group[j].mean()) / error, n - k)
    largest = 0.0
    for place, (pair, p) in enumerate(sorted(p_values.items(), key=lambda item: item[1])):
        largest = max(largest, min(1.0, (3 - place) * p))
        assert found[pair].p == pytest.approx(largest)


@pytest.mark.parametrize(
    ("values", "why_not"),
    [
        ({}, "fewer than two groups"),
        ({"a": [0.5, 0.6]}, "fewer than two groups"),
        ({"a": [0.5], "b": []}, "a group is empty"),
        ({"a": [0.5, 0.5], "b": [0.5]}, "all values are equal"),
    ],
)
def test_tests_over_groups_are_withheld_with_the_reason(values: dict[str, list[float]], why_not: str):
    assert kruskal_wallis(values).why_not == why_not
    assert {tested.why_not for tested in conover_holm(values).values()} <= {why_not}


@pytest.mark.parametrize(
    ("values", "why_not"),
    [
        ({"a": [0.5], "b": [0.6]}, "no more values than groups"),
        ({"a": [0.5, 0.5], "b": [0.6, 0.6]}, "no spread within any group"),
    ],
)
def test_conover_is_withheld_without_spread_within_groups(values: dict[str, list[float]], why_not: str):
    assert conover_holm(values)["a", "b"].why_not == why_not


def test_brunner_munzel_gives_the_published_example():
    # Pain scores in Brunner and Munzel 2000, section 6.
    first, second = [1, 2, 1, 1, 1, 1, 1, 1, 1, 1, 2, 4, 1, 1], [3, 3, 4, 3, 1, 2, 3, 1, 1, 5, 4]

    tested = two_samples(first, second)

    assert tested.test == "Brunner-Munzel"
    assert (tested.statistic, tested.p) == pytest.approx((3.13747, 0.00579), abs=1e-5)


def test_brunner_munzel_of_large_samples_is_held_against_the_normal_distribution():
    rng = np.random.default_rng(0)
    first, second = rng.beta(1, 1, 60), rng.beta(20, 20, 60)

    tested = two_samples(first.tolist(), second.tolist())

    assert tested.test == "Brunner-Munzel"
    assert tested.p == pytest.approx(2 * stats.norm.sf(abs(tested.statistic)))


def test_mann_whitney_is_taken_where_variances_are_alike():
    rng = np.random.default_rng(0)
    first, second = rng.normal(0.7, 0.05, 20), rng.normal(0.75, 0.05, 25)

    tested = two_samples(first.tolist(), second.tolist())

    wins = (first[:, None] > second).sum()
    assert (tested.test, tested.statistic) == ("Mann-Whitney", wins)
    z = (abs(wins - 250) - 0.5) / (20 * 25 * 46 / 12) ** 0.5
    assert tested.p == pytest.approx(2 * stats.norm.sf(z), rel=0.1)


@pytest.mark.parametrize(
    ("first", "second", "why_not"),
    [
        ([], [0.5, 0.6], "fewer than two values in a sample"),
        ([0.5], [0.1, 0.6], "fewer than two values in a sample"),
        ([0.5, 0.5], [0.5, 0.5, 0.5], "all values are equal"),
        ([0.1, 0.2], [0.5, 0.9], "the samples do not overlap, which leaves no variance of ranks to judge by"),
    ],
)
def test_two_samples_are_not_compared_where_that_says_nothing(first: list[float], second: list[float], why_not: str):
    assert (two_samples(first, second).p, two_samples(first, second).why_not) == (None, why_not)


def test_holm_corrects_step_by_step_and_skips_what_is_unknown():
    assert holm([0.01, None, 0.04, 0.03]) == [pytest.approx(0.03), None, pytest.approx(0.06), pytest.approx(0.06)]
    assert holm([None]) == [None]
    assert holm([]) == []


def test_holm_agrees_with_statsmodels():
    p_values = np.random.default_rng(0).uniform(0, 0.2, 20)

    assert holm(p_values.tolist()) == pytest.approx(multipletests(p_values, method="holm")[1].tolist())
