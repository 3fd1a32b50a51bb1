"""The analysis of the laboratory study, whose conditions change within a session."""

import pytest

from experiments.methods.choice_analysis.findings import Findings
from experiments.papers.borowski2021_exemplary.analysis import analyze_table
from tests.experiments.methods.response_tables import Row, laboratory, row, table
from tests.experiments.papers.findings import assert_sound, claims_of, rows_of

pytestmark = pytest.mark.integration
UNITS = [f"googlenet.tf_in1k/mixed{block}_{branch}:7" for block in ("3a", "4b", "5a") for branch in ("1x1", "3x3", "5x5", "pool")]
SECOND = {f"{kind}_{grid}": share for grid in ("max_1", "minmax_9") for kind, share in (("natural", 0.9), ("synthetic", 0.6))}


@pytest.fixture(scope="module")
def findings() -> Findings:
    first = laboratory({"natural": 0.95, "synthetic": 0.7, "none": 0.55}, experiment="experiment_1", units=UNITS, participants=10)
    lay, experts = (
        laboratory(SECOND, experiment="experiment_2", units=UNITS, participants=8, seed=i, name=f"x{i}", cohort=cohort)
        for i, cohort in enumerate(("crowd", "expert"))
    )
    return analyze_table(table([*first, *lay, *experts]))


def test_everything_that_was_found_can_be_downloaded(findings: Findings):
    assert_sound(findings)


def test_conditions_are_those_of_trials_within_each_experiment(findings: Findings):
    people = rows_of(findings, "accuracy", group="people")

    assert [(found["experiment"], found["condition"], found["sessions"]) for found in people] == [
        ("experiment_1", "natural", 10),
        ("experiment_1", "synthetic", 10),
        ("experiment_1", "none", 10),
        *(("experiment_2", condition, 8) for condition in SECOND),
    ]


def test_conditions_are_paired_over_participants(findings: Findings):
    (found,) = rows_of(findings, "conditions_compared", experiment="experiment_1", first="natural", second="synthetic")

    assert (found["pairs"], found["test"]) == (10, "Wilcoxon signed-rank")
    assert found["difference"] > 0
    assert found["p"] < 0.05


def test_experts_are_compared_with_people_where_there_are_both(findings: Findings):
    assert [(found["experiment"], found["condition"]) for found in rows_of(findings, "cohorts_compared")] == [
        ("experiment_2", condition) for condition in SECOND
    ]


def test_repeats_and_ratings_have_their_tables(findings: Findings):
    repeats, ratings = (rows_of(findings, name, group="people", experiment="experiment_1") for name in ("repeats", "ratings"))

    assert [(found["condition"], found["pairs"]) for found in repeats] == [("natural", 60), ("synthetic", 60), ("none", 60)]
    assert [(found["occasion"], found["ratings"]) for found in ratings] == [("before", 30), *[("before", 10)] * 3]


def test_each_experiment_of_each_group_has_its_figures(findings: Findings):
    kinds = ("accuracy", "rt_and_confidence", "confidence", "layers", "ratings")
    parts = ("experiment_1_people", "experiment_2_people", "experiment_2_experts")

    assert {figure.name for figure in findings.figures} == {f"{kind}_{part}" for kind in kinds for part in parts}


def test_claims_hold_where_the_paired_test_says_so(findings: Findings):
    claims = claims_of(findings)

    assert {claim: holds for claim, (_, holds) in claims.items()} == {
        "natural_beats_synthetic": True, "natural_beats_synthetic_max_1": True,
    }  # fmt: skip
    assert claims["natural_beats_synthetic"][0].startswith("natural 0.9")


def test_claims_fail_where_synthetic_is_better():
    rows = laboratory({"natural": 0.5, "synthetic": 0.95}, experiment="experiment_1", units=UNITS, participants=8)

    assert claims_of(analyze_table(table(rows)))["natural_beats_synthetic"][1] is False


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    "rows",
    [
        [],
        [row(condition="experiment_1", trial_condition="natural")],
        [row(c, condition="experiment_1", trial_condition=c) for c in ("natural", "synthetic")],
        [row(condition="experiment_1", trial_kind="rating", correct="", rating=3, confidence="")],
        [row("p", condition="experiment_1", trial_condition=c) for c in ("natural", "synthetic") for _ in range(3)],
    ],
    ids=["empty", "one answer", "nobody had both", "one rating", "all right"],
)
def test_tables_that_say_little_are_analyzed_all_the_same(rows: list[Row]):
    findings = analyze_table(table(rows))

    assert_sound(findings)
    assert {holds for _, holds in claims_of(findings).values()} == {None}
