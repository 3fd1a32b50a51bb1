"""Whether people are better where the two occlusions differ more: accuracy against the relative difference of activation."""

from dataclasses import asdict

import pandas as pd

from experiments.methods.choice_analysis.tables import Table, cells
from experiments.methods.statistics.correlation import spearman


def query_pairs_table(main: pd.DataFrame) -> Table:
    """Mean accuracy and relative difference of each batch and unit under each condition (Zimmermann et al. 2021)."""
    known = main[main["relative_difference"].notna() & main["batch"].notna()]
    rows = [
        {
            **values,
            "batch": int(values["batch"]),
            "trials": len(of_cell),
            "accuracy": of_cell["correct"].mean(),
            "relative_difference": of_cell["relative_difference"].mean(),
        }
        for values, of_cell in cells(known, ("group", "condition", "unit", "batch"))
    ]
    return Table(
        name="accuracy_by_query_pair",
        title="Accuracy by query pair",
        about="Main trials, a row for each pair of occluded images under each condition.",
        columns=("group", "condition", "unit", "batch", "trials", "accuracy", "relative_difference"),
        rows=rows,
    )


def relative_difference_table(query_pairs: Table, *, seed: int) -> Table:
    """Spearman's correlation over query pairs, by condition."""
    frame = pd.DataFrame(list(query_pairs.rows), columns=list(query_pairs.columns))
    rows = []
    for (group, condition), of_cell in frame.groupby(["group", "condition"], sort=False, observed=True):
        found = spearman(list(of_cell["relative_difference"]), list(of_cell["accuracy"]), seed=seed)
        rows.append({"group": group, "condition": condition, **asdict(found)})
    return Table(
        name="relative_difference",
        title="Accuracy and relative difference of activation (Spearman)",
        about="Over query pairs: (largest - smallest activation) / activation of the unoccluded image against accuracy. "
        "Interval: percentile bootstrap over query pairs.",
        columns=("group", "condition", "n", "rho", "low", "high", "p", "p_permutation", "why_not"),
        rows=rows,
    )
