"""The analysis of Zimmermann et al. 2023: a condition's accuracy is the mean over units, its interval a bootstrap over units."""

from collections.abc import Sequence

import numpy as np

from experiments.contract.artifacts import Product, Workshop
from experiments.contract.recipes import Analysis
from experiments.methods.choice_analysis import Answer, Method, analyze, unit_accuracies
from experiments.methods.statistics import Interval, bootstrap_interval
from experiments.papers.zimmermann2023_scale.claims import CLAIMS
from experiments.papers.zimmermann2023_scale.design import CONDITIONS


def make(recipe: Analysis, workshop: Workshop) -> Product:
    """Analyze a table of responses; see `choice_analysis.analyze`."""
    method = Method(interval="95 % bootstrap interval (BCa) over units", estimate=_estimate, conditions=CONDITIONS)
    return analyze(recipe, workshop, method=method, claims=CLAIMS)


def _estimate(answers: Sequence[Answer], seed: int) -> tuple[float, Interval | None]:
    by_unit = list(unit_accuracies(answers).values())
    return float(np.mean(by_unit)), bootstrap_interval(by_unit, seed=seed)
