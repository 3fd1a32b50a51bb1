"""The analysis of Zimmermann et al. 2021: accuracy is pooled over the trials of a condition, ± 2 SEM over participants."""

from collections.abc import Sequence

import numpy as np

from experiments.contract.artifacts import Product, Workshop
from experiments.contract.recipes import Analysis
from experiments.methods.choice_analysis import Answer, Method, analyze, session_accuracies
from experiments.methods.statistics import Interval, sem_interval
from experiments.papers.zimmermann2021_causal.claims import CLAIMS
from experiments.papers.zimmermann2021_causal.design import CONDITIONS


def make(recipe: Analysis, workshop: Workshop) -> Product:
    """Analyze a table of responses; see `choice_analysis.analyze`."""
    method = Method(interval="± 2 standard errors over participants", estimate=_estimate, conditions=CONDITIONS)
    return analyze(recipe, workshop, method=method, claims=CLAIMS)


def _estimate(answers: Sequence[Answer], seed: int) -> tuple[float, Interval | None]:
    pooled = float(np.mean([answer.correct for answer in answers]))
    return pooled, sem_interval(pooled, values=list(session_accuracies(answers).values()))
