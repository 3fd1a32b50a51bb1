"""People and machines side by side, unit by unit, and how their scores correlate. Called by analyses.

A machine is a simulated observer. Its score of a unit is the machine interpretability score (Zimmermann, Klindt & Brendel
2024) as far as its answers tell: the share of right ones, and a mean probability read from choice and confidence.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from experiments.methods.choice_analysis.tables import Table, cells
from experiments.methods.observers.similarity import probability_of
from experiments.methods.statistics.correlation import pearson, spearman

PEOPLE = "people"
PROBABILISTIC = ("simulated similarity",)
"""Groups of observers whose confidence tells their probability in thirds."""
REPORTED: Mapping[str, str] = {"units": "about .80, reported (unverified)", "models": "about .98, reported (unverified)"}
"""Correlation of the published score with people's accuracy over units and over models, from memory."""
PUBLISHED_AS = "machine interpretability score (Zimmermann, Klindt & Brendel 2024)"
KEYS = ("condition", "model", "unit")


def machine_scores_table(main: pd.DataFrame) -> Table:
    """Both scores of each unit that people and a machine were asked about in the same condition; `main` are main trials."""
    human = {tuple(values.values()): of_unit for values, of_unit in cells(main[main["group"] == PEOPLE], KEYS)}
    rows = []
    for values, of_unit in cells(main[main["group"].astype(str).str.startswith("simulated")], ("group", *KEYS)):
        of_people = human.get(tuple(values[key] for key in KEYS))
        if of_people is not None:
            row = {
                "human_accuracy": of_people["correct"].mean(),
                "human_trials": len(of_people),
                "accuracy": of_unit["correct"].mean(),
                "trials": len(of_unit),
                "probability": _mean_probability(of_unit) if values["group"] in PROBABILISTIC else None,
            }
            rows.append({**values, **row})
    return Table(
        name="machine_scores",
        title="People and machines by unit",
        about=f"Main trials. accuracy and probability are the machine's, after the {PUBLISHED_AS}, and simulated.",
        columns=("group", *KEYS, "human_accuracy", "human_trials", "accuracy", "trials", "probability"),
        rows=rows,
    )


def machine_correlation_table(scores: Table, *, seed: int) -> Table:
    """How people's accuracy correlates with the scores of each machine, over units and over the means of models."""
    rows = []
    for group, condition in dict.fromkeys((row["group"], row["condition"]) for row in scores.rows):
        units = scores.of(group=group, condition=condition)
        for score, over, points in _points(units):
            about = {"group": group, "condition": condition, "score": score, "over": over, "n": len(points)}
            rows.append({**about, **_correlated(points, seed), "reported": REPORTED[over]})
    return Table(
        name="machine_correlation",
        title="Correlation of people and machines",
        about=f"Intervals: 95 % percentile bootstrap over the points. Reported: of the {PUBLISHED_AS} with people.",
        columns=tuple(
            [
                "group",
                "condition",
                "score",
                "over",
                "n",
                "r",
                "r_low",
                "r_high",
                "rho",
                "rho_low",
                "rho_high",
                "reported",
                "why_not",
            ]
        ),
        rows=rows,
    )


def _mean_probability(answers: pd.DataFrame) -> float | None:
    """Of the right answer: the chosen one's, or what that leaves."""
    known = answers[answers["confidence"].notna()]
    chosen = known["confidence"].astype(int).map(probability_of)
    right = chosen.where(known["correct"] == 1, 1 - chosen)
    return None if right.empty else float(right.mean())


def _points(units: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str, list[tuple[float, float]]]]:
    """Score of the machine, what the points are, and people's accuracy beside that score."""
    for score in ("accuracy", "probability"):
        known = [unit for unit in units if unit[score] is not None]
        if known:
            frame = pd.DataFrame(
                {"model": [unit["model"] for unit in known], "human": [unit["human_accuracy"] for unit in known]}
            )
            frame["machine"] = [unit[score] for unit in known]
            means = frame.groupby("model", sort=True)[["human", "machine"]].mean()
            for over, points in (("units", frame[["human", "machine"]]), ("models", means)):
                yield score, over, list(points.itertuples(index=False, name=None))


def _correlated(points: Sequence[tuple[float, float]], seed: int) -> dict[str, Any]:
    human, machine = [human for human, _ in points], [machine for _, machine in points]
    linear, ranked = (correlate(human, machine, seed=seed) for correlate in (pearson, spearman))
    found = {"r": linear.rho, "r_low": linear.low, "r_high": linear.high, "why_not": linear.why_not}
    return {**found, "rho": ranked.rho, "rho_low": ranked.low, "rho_high": ranked.high}
