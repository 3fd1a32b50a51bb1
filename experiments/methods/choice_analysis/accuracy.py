"""Tables of accuracy: by condition (and model, layer, …), by unit, with the simple baselines as further raters."""

from collections.abc import Sequence

import pandas as pd

from experiments.methods.choice_analysis.estimators import Estimator
from experiments.methods.choice_analysis.responses import Responses
from experiments.methods.choice_analysis.tables import Table, cells
from experiments.methods.statistics.intervals import wilson_interval

BASELINES = ("baseline_center", "baseline_variance", "baseline_saliency")
PARTICIPANTS = "participants"
OF_ACCURACY = ("sessions", "units", "trials", "accuracy", "low", "high", "why_no_interval", "wilson_low", "wilson_high")
OF_SESSIONS = ("catch_trials", "catch_accuracy", "median_rt_s", "mean_confidence")


def sessions_table(responses: Responses) -> Table:
    """How many sessions count, and how many are left out for which reason."""
    counts = responses.sessions.value_counts(["group", "status"], sort=False).sort_index()
    return Table(
        name="sessions",
        title="Sessions",
        about="Only finished sessions that passed the study's checks count; previews and pilots never do.",
        columns=("group", "status", "sessions"),
        rows=[{"group": group, "status": status, "sessions": number} for (group, status), number in counts.items()],
    )


def accuracy_table(
    answers: pd.DataFrame, *, name: str = "accuracy", title: str, by: Sequence[str], estimator: Estimator
) -> Table:
    """The share of right answers in main trials in each cell of `by`, by the paper's estimator, and Wilson's interval beside it.

    Cells with catch trials alone have no row.
    """
    rows = []
    for values, of_cell in cells(answers, by):
        main = of_cell[(of_cell["trial_kind"] == "main") & of_cell["correct"].notna()]
        catch = of_cell.loc[of_cell["trial_kind"] == "catch", "correct"].dropna()
        if main.empty:
            continue
        estimate = estimator.estimate(main, "correct")
        wilson = wilson_interval(int(main["correct"].sum()), trials=len(main))
        row = {
            "sessions": main["session_id"].nunique(),
            "units": main["unit"].nunique(),
            "trials": len(main),
            "accuracy": estimate.value,
            "low": estimate.low,
            "high": estimate.high,
            "why_no_interval": estimate.why_not,
            "wilson_low": wilson.low,
            "wilson_high": wilson.high,
            "catch_trials": len(catch),
            "catch_accuracy": catch.mean(),
            "median_rt_s": main["rt_s"].median(),
            "mean_confidence": main["confidence"].mean(),
        }
        rows.append({**values, **row})
    about = f"Main trials. low and high: {estimator.interval}. Wilson's interval takes all trials as independent."
    return Table(name=name, title=title, about=about, columns=(*by, *OF_ACCURACY, *OF_SESSIONS), rows=rows)


def unit_table(main: pd.DataFrame, *, by: Sequence[str]) -> Table:
    """The share of right answers for each unit in each cell of `by`."""
    rows = []
    for values, of_unit in cells(main, (*by, "model", "layer", "unit")):
        wilson = wilson_interval(int(of_unit["correct"].sum()), trials=len(of_unit))
        row = {
            "sessions": of_unit["session_id"].nunique(),
            "trials": len(of_unit),
            "accuracy": of_unit["correct"].mean(),
            "wilson_low": wilson.low,
            "wilson_high": wilson.high,
        }
        rows.append({**values, **row})
    return Table(
        name="accuracy_by_unit",
        title="Accuracy by unit",
        about="Main trials. Wilson's interval takes all trials of a unit as independent.",
        columns=(*by, "model", "layer", "unit", "sessions", "trials", "accuracy", "wilson_low", "wilson_high"),
        rows=rows,
    )


def with_baselines(answers: pd.DataFrame) -> pd.DataFrame:
    """The answers of `rater` participants, and again those that each baseline would have given in the same main trials.

    A baseline's interval over participants is one over their lists of trials.
    """
    raters = [answers.assign(rater=PARTICIPANTS)]
    for baseline in BASELINES:
        asked = answers[(answers["trial_kind"] == "main") & (answers[baseline] != "") & (answers["correct_choice"] != "")]
        correct = (asked[baseline] == asked["correct_choice"]).astype(float)
        raters.append(asked.assign(rater=baseline.replace("_", " "), correct=correct, confidence=float("nan"), rt_s=float("nan")))
    both = pd.concat([rater for rater in raters if len(rater)] or raters[:1], ignore_index=True)
    names = [PARTICIPANTS, *(baseline.replace("_", " ") for baseline in BASELINES)]
    return both.assign(rater=pd.Categorical(both["rater"], names, ordered=True))
