"""Tests by rank of whether groups differ: paired, of two, of several, and each with each. Called by comparisons."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import scikit_posthocs
from numpy.typing import NDArray
from scipy import stats

FEW = 13
"""Up to so many pairs all their signs are tried."""
SMALL = 50
"""Up to so many values in the smaller sample, Brunner and Munzel's statistic is held against a t distribution."""
EQUAL_VARIANCES = 0.01
"""Variances of shares of right answers that differ by no more count as equal."""
DIGITS = 12
"""Decimals to which differences are rounded, so that ties of shares stay ties."""


@dataclass(frozen=True, kw_only=True)
class RankTest:
    """A two-sided test."""

    test: str
    statistic: float | None = None
    p: float | None = None
    why_not: str = ""


def wilcoxon_paired(first: Sequence[float], second: Sequence[float]) -> RankTest:
    """Wilcoxon's signed-rank test of paired values; pairs without a difference are dropped.

    Exact up to 50 pairs without ties and up to 13 with, else by the normal approximation with correction for ties. None if
    no pair differs.
    """
    test = "Wilcoxon signed-rank"
    differences = np.round(np.asarray(first, float) - np.asarray(second, float), DIGITS)
    differences = differences[differences != 0]
    if not len(differences):
        return RankTest(test=test, why_not="no pair differs")
    ranks = stats.rankdata(np.abs(differences)) * np.sign(differences)
    statistic = float(min(ranks[ranks > 0].sum(), -ranks[ranks < 0].sum()))
    return RankTest(test=test, statistic=statistic, p=_signed_rank_p(differences, ranks))


def kruskal_wallis(groups: Mapping[str, Sequence[float]]) -> RankTest:
    """Kruskal and Wallis's test over independent groups, with correction for ties (Zimmermann et al. 2023: over networks).

    None for fewer than two groups, an empty one, or values that are all equal.
    """
    test = "Kruskal-Wallis"
    why_not = _not_comparable(groups)
    if why_not:
        return RankTest(test=test, why_not=why_not)
    found = stats.kruskal(*(np.round(values, DIGITS) for values in groups.values()))
    return RankTest(test=test, statistic=float(found.statistic), p=float(found.pvalue))


def conover_holm(groups: Mapping[str, Sequence[float]]) -> dict[tuple[str, str], RankTest]:
    """Conover's test of each pair of groups after Kruskal and Wallis's, p by Holm (Zimmermann et al. 2023).

    None where that test is not possible, or without more values than groups.
    """
    test, pairs = "Conover, Holm", list(combinations(groups, 2))
    why_not = _not_comparable(groups)
    if not why_not and sum(map(len, groups.values())) <= len(groups):
        why_not = "no more values than groups"
    if not why_not and all(len(set(np.round(values, DIGITS))) == 1 for values in groups.values()):
        why_not = "no spread within any group"
    if why_not:
        return dict.fromkeys(pairs, RankTest(test=test, why_not=why_not))
    found = scikit_posthocs.posthoc_conover([np.round(values, DIGITS) for values in groups.values()], p_adjust="holm").to_numpy()
    place = {name: i for i, name in enumerate(groups)}
    return {(one, other): RankTest(test=test, p=float(found[place[one], place[other]])) for one, other in pairs}


def two_samples(first: Sequence[float], second: Sequence[float]) -> RankTest:
    """Whether two independent samples differ, by the rule of Zimmermann et al. 2023.

    Brunner and Munzel's test, against a t distribution if a sample has at most 50 values; Mann and Whitney's where the
    variances (ddof 0) differ by at most .01. None for fewer than two values in a sample, values that are all equal, and
    samples that do not overlap where Brunner and Munzel's variance would be 0.
    """
    one, other = np.round(first, DIGITS), np.round(second, DIGITS)
    equal = len(one) > 0 and len(other) > 0 and abs(np.var(one) - np.var(other)) <= EQUAL_VARIANCES
    test = "Mann-Whitney" if equal else "Brunner-Munzel"
    if min(len(one), len(other)) < 2:
        return RankTest(test=test, why_not="fewer than two values in a sample")
    if len({*one, *other}) == 1:
        return RankTest(test=test, why_not="all values are equal")
    if equal:
        found = stats.mannwhitneyu(one, other)
    elif one.max() < other.min() or other.max() < one.min():
        return RankTest(test=test, why_not="the samples do not overlap, which leaves no variance of ranks to judge by")
    else:
        small = min(len(one), len(other)) <= SMALL
        found = stats.brunnermunzel(one, other, distribution="t" if small else "normal")
    return RankTest(test=test, statistic=float(found.statistic), p=float(found.pvalue))


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """The p values corrected by Holm for their number; those that are None are not counted.

    statsmodels' `multipletests` does the same, but collects garbage in every call, which takes longer than all else here.
    """
    known = np.array([p for p in p_values if p is not None])
    order = np.argsort(known, kind="stable")
    corrected = np.empty_like(known)
    corrected[order] = np.minimum(1, np.maximum.accumulate(known[order] * np.arange(len(known), 0, -1)))
    values = iter(corrected.tolist())
    return [None if p is None else next(values) for p in p_values]


def _signed_rank_p(differences: NDArray[np.float64], ranks: NDArray[np.float64]) -> float:
    if not 2 <= len(ranks) <= FEW:
        return float(stats.wilcoxon(differences).pvalue)
    # What scipy's wilcoxon does for few pairs with ties, with all signs tried at once instead of one after the other.
    tested = stats.permutation_test(
        (ranks,),
        lambda signed, axis: signed.sum(axis=axis),
        permutation_type="samples",
        vectorized=True,
        n_resamples=np.inf,
    )
    return float(tested.pvalue)


def _not_comparable(groups: Mapping[str, Sequence[float]]) -> str:
    if len(groups) < 2:
        return "fewer than two groups"
    if not all(len(values) for values in groups.values()):
        return "a group is empty"
    values = np.concatenate([np.round(values, DIGITS) for values in groups.values()])
    return "all values are equal" if len(set(values)) == 1 else ""
