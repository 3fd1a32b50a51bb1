"""Tables that compare conditions: paired over units, and as odds ratios with dependent answers of a participant."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from itertools import combinations

import pandas as pd

from experiments.methods.choice_analysis.tables import Table, cells
from experiments.methods.statistics.clustered_logit import MODELS, odds_ratios
from experiments.methods.statistics.rank_tests import holm, wilcoxon_paired


def paired_table(
    main: pd.DataFrame, *, name: str, title: str, by: Sequence[str], over: str, condition: str = "condition"
) -> Table:
    """Wilcoxon's test between each two conditions in each cell of `by`, paired over the units or sessions that have both.

    p is also given corrected by Holm for the pairs of a cell.
    """
    rows = []
    for values, of_cell in cells(main, by):
        means = of_cell.pivot_table(index=over, columns=condition, values="correct", observed=True)
        pairs = []
        for first, second in combinations(means.columns, 2):
            both = means[[first, second]].dropna()
            tested = wilcoxon_paired(list(both[first]), list(both[second]))
            row = {
                "first": first,
                "second": second,
                "pairs": len(both),
                "difference": (both[first] - both[second]).mean(),
                **asdict(tested),
            }
            pairs.append({**values, **row})
        corrected = holm([row["p"] for row in pairs])
        rows += [{**row, "p_holm": p} for row, p in zip(pairs, corrected, strict=True)]
    what = {"unit": "units", "session_id": "participants"}[over]
    return Table(
        name=name,
        title=title,
        about=f"Mean accuracy of the same {what} under two conditions; two-sided, pairs without a difference dropped.",
        columns=(*by, "first", "second", "pairs", "difference", "test", "statistic", "p", "p_holm", "why_not"),
        rows=rows,
    )


def odds_table(main: pd.DataFrame, *, references: Mapping[str, str], by: Sequence[str] = ("group",)) -> Table:
    """Odds ratios of right answers between the levels of some factors, all in one model, by each model of `clustered_logit`.

    `references` maps each factor to the level that the others are compared with; where nobody was asked at that level, it
    is the factor's first.
    """
    rows = [
        {**values, **asdict(ratio), "estimated_by": estimated_by}
        for values, of_cell in cells(main.assign(**{name: _first(main[name], level) for name, level in references.items()}), by)
        for estimated_by in MODELS
        for ratio in odds_ratios(of_cell, factors=tuple(references), model=estimated_by)
    ]
    return Table(
        name="odds_ratios",
        title="Odds ratios of right answers",
        about="A participant's answers count as dependent: sessions are the clusters. Marginal odds ratios: of the average "
        "participant, for the units that were asked about. 95 % Wald interval.",
        columns=(*by, "estimated_by", "factor", "level", "reference", "odds_ratio", "low", "high", "p", "why_not"),
        rows=rows,
    )


def _first(levels: pd.Series, reference: str) -> pd.Series:
    """The same values as categories, the reference first."""
    names = levels.cat.categories if isinstance(levels.dtype, pd.CategoricalDtype) else sorted(levels.unique())
    order = sorted(names, key=lambda name: name != reference)
    return levels.astype(pd.CategoricalDtype(order, ordered=True))
