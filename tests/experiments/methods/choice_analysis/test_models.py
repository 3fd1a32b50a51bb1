"""Comparisons of networks, and whether scale helps."""

import pytest
from scipy import stats

from experiments.methods.choice_analysis.accuracy import accuracy_table
from experiments.methods.choice_analysis.estimators import over_units
from experiments.methods.choice_analysis.models_compared import omnibus_table, pairwise_table
from experiments.methods.choice_analysis.scale_trend import FACTS, Network, models_table, scale_trend_table
from experiments.methods.choice_analysis.tables import Table
from experiments.methods.statistics.rank_tests import conover_holm, two_samples
from tests.experiments.methods.choice_analysis.frames import main
from tests.experiments.methods.response_tables import Row, row

pytestmark = pytest.mark.unit
RIGHTS = {"a": [9, 8, 7, 9, 6], "b": [5, 7, 4, 6, 5], "c": [5, 6, 6, 7, 4]}


def of_models(rights: dict[str, list[int]], **values: str) -> list[Row]:
    """For each unit of each model ten answers, so many of them right."""
    return [
        row(f"{model}{i}", unit=f"{model}/l:{unit}", correct=int(i < right), **values)
        for model, by_unit in rights.items()
        for unit, right in enumerate(by_unit)
        for i in range(10)
    ]


def test_models_are_compared_on_the_accuracies_of_their_units():
    answers = main(of_models(RIGHTS))
    shares = {model: [right / 10 for right in rights] for model, rights in RIGHTS.items()}

    (omnibus,) = omnibus_table(answers).rows
    pairs = pairwise_table(answers).rows

    assert (omnibus["models"], omnibus["units"]) == (3, 15)
    assert omnibus["p"] == pytest.approx(stats.kruskal(*shares.values()).pvalue)
    assert [(one["first"], one["second"]) for one in pairs] == [("a", "b"), ("a", "c"), ("b", "c")]
    assert pairs[0]["difference"] == pytest.approx(0.24)
    assert pairs[0]["conover_p_holm"] == pytest.approx(conover_holm(shares)["a", "b"].p)
    assert pairs[0]["p"] == pytest.approx(two_samples(shares["a"], shares["b"]).p)
    assert pairs[0]["p_holm"] >= pairs[0]["p"]


def test_conditions_are_tested_apart():
    answers = main(of_models(RIGHTS) + of_models({"a": [1, 2], "b": [3, 4]}, condition="synthetic"))

    assert [(one["condition"], one["models"]) for one in omnibus_table(answers).rows] == [("natural", 3), ("synthetic", 2)]
    assert len(pairwise_table(answers).rows) == 3 + 1


def test_one_model_is_not_compared():
    answers = main(of_models({"a": [5, 6]}))

    (found,) = omnibus_table(answers).rows
    assert (found["p"], found["why_not"]) == (None, "only one model was asked about")
    assert pairwise_table(answers).rows == []


def trends(rights: dict[str, list[int]], parameters: dict[str, float]) -> tuple[Table, Table]:
    networks = {
        model: Network(
            title=model.upper(),
            values={"parameters": value, "images": 1e6, "top1": 1 / value},
            sources={fact: "a test" for fact in FACTS},
        )
        for model, value in parameters.items()
    }
    by_model = accuracy_table(main(of_models(rights)), title="", by=("group", "condition", "model"), estimator=over_units(0))
    models = models_table(by_model, networks)
    return models, scale_trend_table(models, seed=0)


def test_trend_holds_accuracy_against_each_fact():
    rights = {name: [9 - i, 8 - i] for i, name in enumerate("abcdef")}

    models, found = trends(rights, {name: 2.0**i for i, name in enumerate("abcdef")})

    assert [(one["network"], one["parameters"], one["parameters_source"]) for one in models.rows][:2] == [
        ("A", 1.0, "a test"), ("B", 2.0, "a test"),
    ]  # fmt: skip
    assert [(one["fact"], one["n"], one["rho"]) for one in found.rows] == [
        ("parameters", 6, pytest.approx(-1)), ("images", 6, None), ("top1", 6, pytest.approx(1)),
    ]  # fmt: skip
    assert found.rows[0]["p_permutation"] == pytest.approx(2 / 720)


def test_scale_needs_several_models_that_are_known():
    models, found = trends({"a": [5, 6], "b": [7, 8], "mine": [1, 2]}, {"a": 1.0, "b": 2.0})

    assert [(one["model"], one["parameters"], one["top1_source"]) for one in models.rows][-1] == ("mine", None, "unknown")
    assert {one["rho"] for one in found.rows} == {None}
    assert found.rows[0]["why_not"] == "scale needs several models; the parameters of 2 are known"
