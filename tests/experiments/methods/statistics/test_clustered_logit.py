"""Odds ratios against their closed forms for balanced groups, and every way in which there may be none."""

import numpy as np
import pandas as pd
import pytest

from experiments.methods.statistics.clustered_logit import MODELS, OddsRatio, odds_ratios

pytestmark = pytest.mark.unit


def answers(shares: dict[str, float], *, sessions: int = 30, trials: int = 12, seed: int = 0) -> pd.DataFrame:
    """Sessions of one condition each, whose abilities differ."""
    rng = np.random.default_rng(seed)
    rows = []
    for condition, share in shares.items():
        abilities = np.clip(rng.normal(share, 0.1, sessions), 0, 1) if 0 < share < 1 else np.full(sessions, share)
        for i, ability in enumerate(abilities):
            rows += [(f"{condition}{i}", condition, float(correct)) for correct in rng.random(trials) < ability]
    return pd.DataFrame(rows, columns=["session_id", "condition", "correct"])


def by_formula(frame: pd.DataFrame, level: str, reference: str) -> tuple[float, float]:
    """Log odds ratio and its error: the sandwich of independent sessions for two proportions."""
    logits, variances = [], []
    for name in (level, reference):
        of_one = frame[frame["condition"] == name]
        p = of_one["correct"].mean()
        residuals = of_one.groupby("session_id")["correct"].agg(lambda some, p=p: (some - p).sum())
        logits.append(np.log(p / (1 - p)))
        variances.append((residuals**2).sum() / (len(of_one) * p * (1 - p)) ** 2)
    return logits[0] - logits[1], sum(variances) ** 0.5


@pytest.mark.parametrize("model", MODELS)
def test_odds_ratio_agrees_with_its_closed_form(model: str):
    frame = answers({"none": 0.6, "natural": 0.75, "synthetic": 0.7})

    found = odds_ratios(frame, factors=["condition"], model=model)

    # statsmodels corrects the logistic model's errors for few clusters and parameters.
    sessions, trials = 90, len(frame)
    factor = (sessions / (sessions - 1) * (trials - 1) / (trials - 3)) ** 0.5 if model.startswith("logistic") else 1.0
    assert [(one.level, one.reference) for one in found] == [("natural", "none"), ("synthetic", "none")]
    for one in found:
        log_ratio, error = by_formula(frame, one.level, "none")
        ends = np.exp(log_ratio + 1.959964 * factor * error * np.array([-1, 1]))
        assert one.odds_ratio == pytest.approx(np.exp(log_ratio), rel=1e-5)
        assert (one.low, one.high) == pytest.approx(ends.tolist(), rel=1e-4)
        assert (one.p < 0.05) == (not one.low < 1 < one.high)


def test_dependence_within_participants_widens_the_interval():
    alike = pd.DataFrame(
        [(f"{c}{i}", c, float(i < n)) for c, n in (("a", 12), ("b", 20)) for i in range(30) for _ in range(10)],
        columns=["session_id", "condition", "correct"],
    )
    apart = alike.assign(session_id=[str(i) for i in range(len(alike))])

    clustered, independent = (odds_ratios(f, factors=["condition"], model="GEE, independence")[0] for f in (alike, apart))

    # Ten equal answers a participant count as one: the error grows by the root of ten.
    widths = [np.log(one.high / one.low) for one in (clustered, independent)]
    assert widths[0] / widths[1] == pytest.approx(10**0.5, rel=0.01)


def test_levels_follow_the_order_of_their_categories():
    frame = answers({"a": 0.5, "b": 0.6})
    frame["condition"] = pd.Categorical(frame["condition"], ["b", "never asked", "a"], ordered=True)

    (found,) = odds_ratios(frame, factors=["condition"], model="GEE, exchangeable")

    assert (found.level, found.reference) == ("a", "b")


def test_two_factors_stand_in_one_model():
    frame = pd.concat([answers({"a": 0.5, "b": 0.7}, seed=i).assign(model=name) for i, name in enumerate(("m", "n"))])
    frame["session_id"] += frame["model"]

    found = odds_ratios(frame, factors=["condition", "model"], model="logistic, cluster-robust")

    assert [(one.factor, one.level) for one in found] == [("condition", "b"), ("model", "n")]
    assert found[0].low > 1


def why(frame: pd.DataFrame, *factors: str) -> list[tuple[str, str]]:
    """The reasons by level, which are the same for all models."""
    of_model = [odds_ratios(frame, factors=factors or ["condition"], model=model) for model in MODELS]
    first, *others = ([(one.level, one.why_not) for one in found] for found in of_model)
    assert others == [first] * len(others)
    return first


@pytest.mark.filterwarnings("error")
def test_perfect_conditions_are_left_out_and_the_others_kept():
    frame = answers({"a": 0.6, "perfect": 1.0, "b": 0.7, "never": 0.0})

    assert why(frame) == [("perfect", "all answers are right"), ("b", ""), ("never", "no answer is right")]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("frame", "reasons"),
    [
        (answers({}), []),
        (answers({"a": 0.5}), []),
        (answers({"a": 1.0, "b": 0.5}), [("b", "a: all answers are right")]),
        (answers({"a": 0.5, "b": 0.5}, sessions=1), [("b", "fewer than two participants")]),
    ],
)
def test_there_is_a_reason_where_nothing_can_be_compared(frame: pd.DataFrame, reasons: list[tuple[str, str]]):
    assert why(frame) == reasons


def test_participants_who_do_not_differ_leave_no_error():
    rows = [(f"{c}{i}", c, float(t < n)) for c, n in (("a", 2), ("b", 3)) for i in range(4) for t in range(4)]
    frame = pd.DataFrame(rows, columns=["session_id", "condition", "correct"])

    assert why(frame) == [("b", "participants do not differ, which leaves no spread to judge by")]


def test_factors_that_go_together_cannot_be_told_apart():
    frame = answers({"a": 0.5, "b": 0.6})
    frame["model"] = frame["condition"].map({"a": "m", "b": "n"})

    reason = "the factors go together, so that their parts cannot be told apart"
    assert why(frame, "condition", "model") == [("b", reason), ("n", reason)]


def test_an_odds_ratio_says_what_it_compares():
    (found,) = odds_ratios(answers({"a": 0.5, "b": 0.6}), factors=["condition"], model="GEE, exchangeable")

    assert isinstance(found, OddsRatio)
    assert (found.model, found.factor, found.level, found.reference, found.why_not) == (
        "GEE, exchangeable", "condition", "b", "a", "",
    )  # fmt: skip
