"""Comparisons of conditions."""

import pytest
from scipy import stats

from experiments.methods.choice_analysis.comparisons import odds_table, paired_table
from experiments.methods.statistics.clustered_logit import MODELS
from tests.experiments.methods.choice_analysis.frames import main
from tests.experiments.methods.response_tables import Row, row, study

pytestmark = pytest.mark.unit
UNITS = [f"m/l:{i}" for i in range(8)]


def scored(condition: str, rights: list[int], **values: str) -> list[Row]:
    """For each unit four answers, so many of them right."""
    return [
        row(f"{condition}{i}", condition=condition, unit=unit, correct=int(i < right), **values)
        for unit, right in zip(UNITS, rights, strict=False)
        for i in range(4)
    ]


def test_conditions_are_paired_over_the_units_they_share():
    rights = [4, 3, 4, 2, 4, 1, 3], [2, 3, 1, 1, 2, 2]
    rows = scored("natural", rights[0]) + scored("synthetic", rights[1])

    (found,) = paired_table(main(rows), name="x", title="", by=("group",), over="unit").rows

    differences = [(a - b) / 4 for a, b in zip(*rights, strict=False)]
    assert (found["first"], found["second"], found["pairs"]) == ("natural", "synthetic", 6)
    assert found["difference"] == pytest.approx(sum(differences) / 6)
    assert found["p"] == pytest.approx(stats.wilcoxon(differences).pvalue)


def test_pairs_of_a_group_are_corrected_together_and_groups_apart():
    rights = {"natural": [4, 4, 4, 4, 3, 4, 4], "synthetic": [1, 1, 2, 0, 1, 2, 1], "none": [2, 1, 3, 0, 1, 1, 2]}
    rows = [one for condition, right in rights.items() for one in scored(condition, right)]
    rows += [{**one, "session_id": f"e{one['session_id']}", "cohort": "expert"} for one in rows if one["condition"] != "none"]

    found = paired_table(main(rows), name="x", title="", by=("group",), over="unit").rows

    people = [one for one in found if one["group"] == "people"]
    (experts,) = [one for one in found if one["group"] == "experts"]
    assert [(one["first"], one["second"]) for one in people] == [
        ("natural", "synthetic"), ("natural", "none"), ("synthetic", "none"),
    ]  # fmt: skip
    assert people[0]["p_holm"] == pytest.approx(3 * people[0]["p"])
    assert experts["p_holm"] == experts["p"]


def test_one_condition_has_nothing_to_be_compared_with():
    rows = main(scored("natural", [1, 2]))

    assert paired_table(rows, name="x", title="", by=("group",), over="unit").rows == []
    assert odds_table(rows, references={"condition": "none"}).rows == []


def test_odds_are_those_over_the_reference_where_it_was_asked():
    rows = list(study({"synthetic": 0.8, "none": 0.6}, units=UNITS, sessions=12, trials=8))

    found = odds_table(main(rows), references={"condition": "none"}).rows
    without = odds_table(main(rows), references={"condition": "blur"}).rows

    assert [(one["estimated_by"], one["level"], one["reference"]) for one in found] == [
        (model, "synthetic", "none") for model in MODELS
    ]
    assert all(one["low"] < one["odds_ratio"] < one["high"] for one in found)
    assert {(one["level"], one["reference"]) for one in without} == {("none", "synthetic")}
