"""The papers' ways from answers to one figure with its interval: over participants, or over units."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import pandas as pd

from experiments.methods.statistics.intervals import bca_interval, sem_interval


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A mean and its interval; where there is none, why."""

    value: float | None
    low: float | None
    high: float | None
    why_not: str


@dataclass(frozen=True, kw_only=True)
class Estimator:
    """A published way to a mean and its interval."""

    interval: str
    """What the interval is, in words."""
    estimate: Callable[[pd.DataFrame, str], Estimate]
    """Called with answers and the column that is averaged; rows without a value are left out."""


def _over_participants(answers: pd.DataFrame, column: str) -> Estimate:
    values = answers[column].dropna()
    if values.empty:
        return Estimate(value=None, low=None, high=None, why_not="no answers")
    pooled = float(values.mean())
    interval = sem_interval(pooled, values=list(values.groupby(answers["session_id"]).mean()))
    return Estimate(value=pooled, low=interval.low, high=interval.high, why_not=interval.why_not)


def _over_units(seed: int, answers: pd.DataFrame, column: str) -> Estimate:
    by_unit = answers[column].dropna().groupby(answers["unit"]).mean()
    if by_unit.empty:
        return Estimate(value=None, low=None, high=None, why_not="no answers")
    interval = bca_interval(list(by_unit), seed=seed)
    return Estimate(value=float(by_unit.mean()), low=interval.low, high=interval.high, why_not=interval.why_not)


OVER_PARTICIPANTS = Estimator(interval="± 2 standard errors over participants", estimate=_over_participants)
"""The mean over all answers ± 2 SEM of the participants' means, ddof 0 (Zimmermann et al. 2021)."""


def over_units(seed: int) -> Estimator:
    """The mean over units of their means, with a BCa bootstrap over units (Zimmermann et al. 2023)."""
    return Estimator(interval="95 % bootstrap interval (BCa) over units", estimate=partial(_over_units, seed))
