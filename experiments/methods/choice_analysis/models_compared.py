"""Tables that compare networks by the scores of their units, after Zimmermann et al. 2023."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from itertools import combinations
from typing import Any

import pandas as pd

from experiments.methods.choice_analysis.tables import Table, cells
from experiments.methods.statistics.rank_tests import conover_holm, holm, kruskal_wallis, two_samples

ONE_MODEL = "only one model was asked about"


def omnibus_table(main: pd.DataFrame) -> Table:
    """Kruskal and Wallis's test over models, separately for each condition."""
    rows = []
    for values, scores in _scores(main):
        tested = asdict(kruskal_wallis(scores))
        if len(scores) == 1:
            tested["why_not"] = ONE_MODEL
        rows.append({**values, "models": len(scores), "units": sum(map(len, scores.values())), **tested})
    return Table(
        name="models_omnibus",
        title="Do models differ?",
        about="Kruskal-Wallis test over models on the mean accuracies of their units.",
        columns=("group", "condition", "models", "units", "test", "statistic", "p", "why_not"),
        rows=rows,
    )


def pairwise_table(main: pd.DataFrame) -> Table:
    """Each two models under each condition: Conover's test with Holm's correction, and the two-sample test."""
    rows: list[dict[str, Any]] = []
    for values, scores in _scores(main):
        posthoc = conover_holm(scores)
        samples = {pair: two_samples(scores[pair[0]], scores[pair[1]]) for pair in combinations(scores, 2)}
        corrected = dict(zip(samples, holm([tested.p for tested in samples.values()]), strict=True))
        for (first, second), tested in samples.items():
            row = {
                "first": first,
                "second": second,
                "difference": pd.Series(scores[first]).mean() - pd.Series(scores[second]).mean(),
                "conover_p_holm": posthoc[first, second].p,
                "p_holm": corrected[first, second],
                **asdict(tested),
                "why_not": "; ".join(filter(None, [posthoc[first, second].why_not, tested.why_not])),
            }
            rows.append({**values, **row})
    return Table(
        name="models_pairwise",
        title="Which models differ?",
        about="Units' mean accuracies. Conover's test after Kruskal-Wallis, p by Holm; and Brunner-Munzel, or Mann-Whitney where "
        "the variances differ by at most .01, with p as it is and by Holm.",
        columns=(
            *("group", "condition", "first", "second", "difference", "conover_p_holm", "test", "statistic", "p", "p_holm"),
            "why_not",
        ),
        rows=rows,
    )


def _scores(main: pd.DataFrame) -> Iterator[tuple[dict[str, Any], dict[str, Sequence[float]]]]:
    """For each group and condition the accuracies of the units of each model."""
    for values, of_cell in cells(main, ("group", "condition")):
        units = of_cell.groupby(["model", "unit"], observed=True)["correct"].mean()
        yield values, {str(model): list(scores) for model, scores in units.groupby(level="model", observed=True)}
