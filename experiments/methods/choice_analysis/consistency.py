"""How alike raters decide on the same query pairs: people, experts and baselines, within and between conditions.

After Zimmermann et al. 2021: Cohen's kappa for each batch, whose units all raters of the batch were asked about; then mean and
standard error over batches. A decision is whether the image was chosen that activates the unit more, since the sides on the
screen differ from session to session.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations_with_replacement
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from experiments.methods.choice_analysis.accuracy import PARTICIPANTS
from experiments.methods.choice_analysis.tables import Table
from experiments.methods.statistics.agreement import pairwise_kappas
from experiments.methods.statistics.intervals import sem_interval

COLUMNS = ("rater", "condition", "other", "other_condition", "batches", "pairs", "undefined_pairs", "kappa", "low", "high")


class Rater(NamedTuple):
    """Who decided: a group, or a baseline in the trials of a group; a baseline decides alike under every condition."""

    name: str
    condition: str


Decisions = Mapping[Rater, NDArray[np.float64]]
"""For one batch: [raters of a kind, units], 1 where the right image was chosen, NaN where it was not asked."""


def consistency_table(rated: pd.DataFrame) -> Table:
    """Kappa between all kinds of raters; `rated` holds main trials as `accuracy.with_baselines` gives them.

    People and experts are compared with each other, simulated observers with themselves and the baselines only.
    """
    rows: list[dict[str, Any]] = []
    for family in _families(rated):
        by_batch = [_decisions(of_batch) for _, of_batch in family.groupby("batch", observed=True)]
        kinds = sorted({rater for decisions in by_batch for rater in decisions}, key=lambda rater: _place(rater, family))
        for first, second in combinations_with_replacement(kinds, 2):
            if first.condition or second.condition:
                rows += _compared(first, second, by_batch)
    return Table(
        name="consistency",
        title="Consistency of decisions (Cohen's kappa)",
        about="Kappa of each two raters for each batch over the units that both were asked about; mean over the pairs of a "
        "batch, then mean ± 2 standard errors over batches. A pair that shares fewer than two units, or in which both always "
        "decide the same, has no kappa.",
        columns=COLUMNS,
        rows=rows,
    )


def _families(rated: pd.DataFrame) -> Iterator[pd.DataFrame]:
    simulated = rated["group"].astype(str).str.startswith("simulated")
    if not simulated.all():
        yield rated[~simulated]
    for _, family in rated[simulated].groupby("group", observed=True):
        yield family


def _decisions(of_batch: pd.DataFrame) -> Decisions:
    units = sorted(of_batch["unit"].unique())
    found: dict[Rater, NDArray[np.float64]] = {}
    people = of_batch[of_batch["rater"] == PARTICIPANTS]
    for (group, condition), answers in people.groupby(["group", "condition"], observed=True):
        matrix = answers.pivot_table(index="session_id", columns="unit", values="correct", aggfunc="first")
        found[Rater(str(group), str(condition))] = matrix.reindex(columns=units).to_numpy(float)
    for rater, answers in of_batch[of_batch["rater"] != PARTICIPANTS].groupby("rater", observed=True):
        found[Rater(str(rater), "")] = answers.groupby("unit")["correct"].first().reindex(units).to_numpy(float)[None]
    return found


def _place(rater: Rater, family: pd.DataFrame) -> tuple[int, ...]:
    """Groups, then baselines; within them by condition."""
    groups, conditions, raters = (list(family[column].cat.categories) for column in ("group", "condition", "rater"))
    if rater.condition:
        return (0, groups.index(rater.name), conditions.index(rater.condition))
    return (1, raters.index(rater.name), 0)


def _compared(first: Rater, second: Rater, by_batch: Sequence[Decisions]) -> list[dict[str, Any]]:
    counts: dict[str, int] = defaultdict(int)
    means = []
    for decisions in by_batch:
        if first not in decisions or second not in decisions:
            continue
        kappas = pairwise_kappas(decisions[first], decisions[second])
        kappas = kappas[np.triu_indices(len(kappas), k=1)] if first == second else kappas.ravel()
        counts["undefined"] += int(np.isnan(kappas).sum())
        counts["pairs"] += len(kappas)
        if np.isfinite(kappas).any():
            means.append(float(np.nanmean(kappas)))
    if not counts["pairs"]:
        return []
    mean = float(np.mean(means)) if means else None
    interval = sem_interval(mean, values=means) if mean is not None else None
    row = {
        "rater": first.name,
        "condition": first.condition,
        "other": second.name,
        "other_condition": second.condition,
        "batches": len(means),
        "pairs": counts["pairs"],
        "undefined_pairs": counts["undefined"],
        "kappa": mean,
        "low": interval.low if interval else None,
        "high": interval.high if interval else None,
    }
    return [row]
