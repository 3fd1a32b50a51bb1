"""Odds ratios of right answers between levels of a factor, with the answers of a participant taken as dependent.

Generalized estimating equations (Liang and Zeger 1986) and a logistic model with cluster-robust errors, from statsmodels.
Their odds ratios are marginal: of the average participant, for the units that were asked about. Called by comparisons.
"""

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import statsmodels.api as sm
from numpy.typing import NDArray
from statsmodels.tools.sm_exceptions import ModelWarning

FEWEST_CLUSTERS = 2
"""In each level. There is an interval then, but a narrow one: see `recovery` for how often it holds with few participants."""
Matrix = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class OddsRatio:
    """Odds of a right answer at `level` over those at `reference`, 95 % interval, two-sided p of a ratio of 1 (Wald)."""

    model: str
    factor: str
    level: str
    reference: str
    odds_ratio: float | None = None
    low: float | None = None
    high: float | None = None
    p: float | None = None
    why_not: str = ""


def _gee(structure: Any) -> Callable[[Matrix, Matrix, NDArray[np.int_]], Any]:
    def fit(correct: Matrix, design: Matrix, clusters: NDArray[np.int_]) -> Any:
        model = sm.GEE(correct, design, groups=clusters, family=sm.families.Binomial(), cov_struct=structure())
        return model.fit()

    return fit


def _logit(correct: Matrix, design: Matrix, clusters: NDArray[np.int_]) -> Any:
    return sm.Logit(correct, design).fit(disp=0, cov_type="cluster", cov_kwds={"groups": clusters})


MODELS: Mapping[str, Callable[[Matrix, Matrix, NDArray[np.int_]], Any]] = {
    "GEE, exchangeable": _gee(sm.cov_struct.Exchangeable),
    "GEE, independence": _gee(sm.cov_struct.Independence),
    "logistic, cluster-robust": _logit,
}


def odds_ratios(answers: pd.DataFrame, *, factors: Sequence[str], model: str, cluster: str = "session_id") -> list[OddsRatio]:
    """The odds ratio of each level of each factor against the factor's first level, all factors in one model of MODELS.

    `answers` has a row an answer: `correct` (0 or 1), `cluster`, and a column each factor, whose levels are compared in
    the order of its categories (else of their appearance). None, with the reason, for a level with fewer than two
    clusters, or in which all or no answers are right (an odds ratio of infinity or 0); for all levels if that is the
    reference; and for all if the fit fails or its errors vanish.
    """
    rows = [row for factor in factors for row in _planned(answers, factor, model, cluster)]
    fit = [row for row in rows if not row.why_not]
    if not fit:
        return rows
    for factor in {row.factor for row in fit}:
        levels = {level for row in fit if row.factor == factor for level in (row.level, row.reference)}
        answers = answers[answers[factor].isin(levels)]
    fitted = iter(_fitted(answers, fit, model, cluster))
    return [row if row.why_not else next(fitted) for row in rows]


def _planned(answers: pd.DataFrame, factor: str, model: str, cluster: str) -> list[OddsRatio]:
    """What is to be estimated for a factor; with a reason where that cannot be."""
    reference, *levels = _levels(answers[factor]) or [""]
    reason = {level: _unfit(answers[answers[factor] == level], cluster) for level in (reference, *levels)}
    return [
        OddsRatio(
            model=model,
            factor=factor,
            level=level,
            reference=reference,
            why_not=reason[level] or (reason[reference] and f"{reference}: {reason[reference]}"),
        )
        for level in levels
    ]


def _fitted(answers: pd.DataFrame, rows: Sequence[OddsRatio], model: str, cluster: str) -> list[OddsRatio]:
    """The rows with their estimates, or all with the reason why there are none."""
    dummies = [(answers[row.factor] == row.level).to_numpy(float) for row in rows]
    design = np.column_stack([np.ones(len(answers)), *dummies])
    if np.linalg.matrix_rank(design) < design.shape[1]:
        return [replace(row, why_not="the factors go together, so that their parts cannot be told apart") for row in rows]
    factors = list(dict.fromkeys(row.factor for row in rows))
    means = answers.groupby([*factors, cluster], observed=True)["correct"].mean()
    if (means.groupby(factors, observed=True).nunique() == 1).all():
        return [replace(row, why_not="participants do not differ, which leaves no spread to judge by") for row in rows]
    correct, clusters = answers["correct"].to_numpy(float), pd.factorize(answers[cluster])[0]
    try:
        with warnings.catch_warnings():
            # A fit that warns is no result: its warning becomes the reason.
            for kind in (ModelWarning, RuntimeWarning):
                warnings.simplefilter("error", kind)
            found = MODELS[model](correct, design, clusters)
            estimates, errors, p_values = found.params, found.bse, found.pvalues
            low, high = found.conf_int().T
    except (Warning, np.linalg.LinAlgError) as problem:
        return [replace(row, why_not=f"the fit failed: {problem}") for row in rows]
    if not np.isfinite(errors).all() or not errors.all():
        return [replace(row, why_not="the fit gave no standard errors") for row in rows]
    return [
        replace(
            row,
            odds_ratio=float(np.exp(estimates[i])),
            low=float(np.exp(low[i])),
            high=float(np.exp(high[i])),
            p=float(p_values[i]),
        )
        for i, row in enumerate(rows, start=1)
    ]


def _levels(values: pd.Series) -> list[str]:
    present = values.unique()
    if isinstance(values.dtype, pd.CategoricalDtype):
        return [level for level in values.cat.categories if level in present]
    return list(present)


def _unfit(answers: pd.DataFrame, cluster: str) -> str:
    if answers[cluster].nunique() < FEWEST_CLUSTERS:
        return "fewer than two participants"
    share = answers["correct"].mean()
    return {0.0: "no answer is right", 1.0: "all answers are right"}.get(share, "")
