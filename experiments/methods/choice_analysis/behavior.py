"""Tables of response time and confidence: split by right and wrong answers, and accuracy by confidence."""

from collections.abc import Sequence

import pandas as pd

from experiments.contract.designs import CONFIDENCES
from experiments.methods.choice_analysis.estimators import Estimator
from experiments.methods.choice_analysis.tables import Table, cells

SPLITS = ("all", "right", "wrong")


def correctness_table(main: pd.DataFrame, *, by: Sequence[str], estimator: Estimator) -> Table:
    """Mean response time and confidence of all, of right and of wrong answers, untrimmed (Zimmermann et al. 2021).

    Times that are missing, not positive or flagged as mismeasured are left out and counted.
    """
    rows = []
    for values, of_cell in cells(main, by):
        for split, chosen in zip(
            SPLITS, (of_cell, of_cell[of_cell["correct"] == 1], of_cell[of_cell["correct"] == 0]), strict=True
        ):
            rt, confidence = (estimator.estimate(chosen, column) for column in ("rt_s", "confidence"))
            row = {
                "answers": split,
                "trials": len(chosen),
                "without_rt": int(chosen["rt_s"].isna().sum()),
                "rt_s": rt.value,
                "rt_low": rt.low,
                "rt_high": rt.high,
                "confidence": confidence.value,
                "confidence_low": confidence.low,
                "confidence_high": confidence.high,
            }
            rows.append({**values, **row})
    return Table(
        name="rt_and_confidence",
        title="Response time and confidence of right and wrong answers",
        about=f"Main trials. Ends of intervals: {estimator.interval}; empty where there are too few or all are equal.",
        columns=(
            *by,
            *("answers", "trials", "without_rt", "rt_s", "rt_low", "rt_high", "confidence", "confidence_low", "confidence_high"),
        ),
        rows=rows,
    )


def confidence_table(main: pd.DataFrame, *, by: Sequence[str], estimator: Estimator) -> Table:
    """How often each confidence was given, and the accuracy of those answers (Zimmermann et al. 2023)."""
    rows = []
    for values, of_cell in cells(main, by):
        told = of_cell[of_cell["confidence"].notna()]
        for level in CONFIDENCES if len(told) else ():
            chosen = told[told["confidence"] == level]
            estimate = estimator.estimate(chosen, "correct")
            row = {
                "confidence_level": level,
                "trials": len(chosen),
                "share": len(chosen) / len(told),
                "accuracy": estimate.value,
                "low": estimate.low,
                "high": estimate.high,
                "why_no_interval": estimate.why_not,
            }
            rows.append({**values, **row})
    return Table(
        name="accuracy_by_confidence",
        title="Accuracy by confidence",
        about=f"Main trials. low and high: {estimator.interval}.",
        columns=(*by, "confidence_level", "trials", "share", "accuracy", "low", "high", "why_no_interval"),
        rows=rows,
    )
