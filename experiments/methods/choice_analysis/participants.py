"""Tables that speak of participants: each one's accuracy, cohorts compared, answers given twice, ratings."""

from collections.abc import Sequence
from dataclasses import asdict

import pandas as pd

from experiments.methods.choice_analysis.estimators import OVER_PARTICIPANTS
from experiments.methods.choice_analysis.tables import Table, cells
from experiments.methods.statistics.agreement import cohen_kappa
from experiments.methods.statistics.rank_tests import two_samples

ALL_UNITS = "all units"
BEFORE, AFTER = "before", "after"


def participant_table(main: pd.DataFrame, *, by: Sequence[str]) -> Table:
    """The share of right answers of each session in each cell of `by`."""
    rows = [
        {**values, "participant": values["session_id"], "trials": len(of_one), "accuracy": of_one["correct"].mean()}
        for values, of_one in cells(main, (*by, "session_id"))
    ]
    return Table(
        name="accuracy_by_participant",
        title="Accuracy by participant",
        about="Main trials.",
        columns=(*by, "participant", "trials", "accuracy"),
        rows=rows,
    )


def cohorts_table(participants: Table, *, by: Sequence[str]) -> Table:
    """People against experts in each cell of `by` (without the group), on the accuracies of participants."""
    people_and_experts = [row for row in participants.rows if row["group"] in ("people", "experts")]
    rows = []
    for cell in dict.fromkeys(tuple(row[name] for name in by) for row in people_and_experts):
        of_cell = [row for row in people_and_experts if tuple(row[name] for name in by) == cell]
        people, experts = ([row["accuracy"] for row in of_cell if row["group"] == group] for group in ("people", "experts"))
        if people and experts:
            difference = pd.Series(people).mean() - pd.Series(experts).mean()
            compared = {"first": "people", "second": "experts", "difference": difference}
            rows.append({**dict(zip(by, cell, strict=True)), **compared, **asdict(two_samples(people, experts))})
    return Table(
        name="cohorts_compared",
        title="People and experts compared",
        about="Accuracies of participants; Mann-Whitney test, or Brunner-Munzel where the variances differ by more than .01.",
        columns=(*by, "first", "second", "difference", "test", "statistic", "p", "why_not"),
        rows=rows,
    )


def repeats_table(answers: pd.DataFrame, *, by: Sequence[str]) -> Table:
    """How alike people answer the same trial twice: the share of pairs alike and Cohen's kappa, pairs of all sessions pooled.

    A repeat names its first trial in `repeat_of`; where it does not, it is the session's main trial of that unit and batch,
    if there is one alone.
    """
    rows = []
    for values, pairs in cells(_pairs(answers), by):
        found = cohen_kappa(list(pairs["correct_first"].astype(int)), list(pairs["correct"].astype(int)))
        scores = {"sessions": pairs["session_id"].nunique(), "pairs": found.n, "alike": found.alike, "kappa": found.kappa}
        means = {"first_accuracy": pairs["correct_first"].mean(), "accuracy": pairs["correct"].mean()}
        rows.append({**values, **scores, **means, "why_not": found.why_not})
    return Table(
        name="repeats",
        title="Trials answered twice",
        about="A decision is whether the right image was chosen; repeats whose first trial is not known are left out.",
        columns=(*by, "sessions", "pairs", "alike", "kappa", "first_accuracy", "accuracy", "why_not"),
        rows=rows,
    )


def ratings_table(ratings: pd.DataFrame, main: pd.DataFrame, *, by: Sequence[str]) -> Table:
    """Mean rating before and after the main trials, of each unit and of all, in each cell of `by`."""
    first = ratings["session_id"].map(main.groupby("session_id")["trial_index"].min())
    occasion = (ratings["trial_index"] > first).map({True: AFTER, False: BEFORE}).where(first.notna(), "")
    told = ratings.assign(occasion=pd.Categorical(occasion, ["", BEFORE, AFTER], ordered=True))
    both = pd.concat([told, told.assign(unit=ALL_UNITS)], ignore_index=True)
    rows = []
    for values, of_cell in cells(both, (*by, "occasion", "unit")):
        estimate = OVER_PARTICIPANTS.estimate(of_cell, "rating")
        numbers = {"ratings": len(of_cell), "sessions": of_cell["session_id"].nunique()}
        ends = {"rating": estimate.value, "low": estimate.low, "high": estimate.high, "why_no_interval": estimate.why_not}
        rows.append({**values, **numbers, **ends})
    return Table(
        name="ratings",
        title="Ratings",
        about=f"Slider from -100 to 100. low and high: {OVER_PARTICIPANTS.interval}.",
        columns=(*by, "occasion", "unit", "ratings", "sessions", "rating", "low", "high", "why_no_interval"),
        rows=rows,
    )


def _pairs(answers: pd.DataFrame) -> pd.DataFrame:
    """Repeats with `correct_first`, what was answered the first time."""
    scored = answers[answers["correct"].notna()]
    main, repeats = (scored[scored["trial_kind"] == kind] for kind in ("main", "repeat"))
    named = repeats["repeat_of"].map(main[main["trial_id"] != ""].drop_duplicates("trial_id").set_index("trial_id")["correct"])
    place = ["session_id", "condition", "unit", "batch"]
    alone = main.drop_duplicates(place, keep=False)[[*place, "correct"]].rename(columns={"correct": "correct_first"})
    matched = repeats.merge(alone, on=place, how="left").set_axis(repeats.index)["correct_first"]
    pairs = repeats.assign(correct_first=named.where(repeats["repeat_of"] != "", matched))
    return pairs[pairs["correct_first"].notna()]
