"""The analysis of the occlusion study, on simulated studies and on tables at the edge of what it can judge."""

import json
from pathlib import Path

import pytest

from experiments.contract.artifacts import ArtifactStore
from experiments.contract.errors import InputError
from experiments.contract.recipes import Analysis
from experiments.methods.choice_analysis.findings import Findings
from experiments.papers.zimmermann2021_causal.analysis import analyze_table
from experiments.workshop import LocalWorkshop
from tests.experiments.methods.response_tables import Row, row, study, table
from tests.experiments.papers.findings import analyzed, assert_sound, claims_of, rows_of

pytestmark = pytest.mark.integration
PAPER = "zimmermann2021_causal"
UNITS = [
    f"googlenet.tf_in1k/mixed{block}_{branch}_pre_relu_conv:7"
    for block in ("3a", "4b", "5a")
    for branch in ("pool_reduce", "3x3")
]
ACCURACIES = {"synthetic": 0.85, "natural": 0.85, "none": 0.45}


def whole_study() -> list[Row]:
    """People, experts and a simulated observer, and sessions that do not count."""
    return [
        *study(ACCURACIES, units=UNITS, sessions=20, trials=6),
        *study(ACCURACIES, units=UNITS, sessions=2, trials=6, seed=1, name="e", cohort="expert"),
        *study(ACCURACIES, units=UNITS, sessions=3, trials=6, seed=2, name="b", session_kind="bot", observer="lapsing"),
        row("left", session_state="returned"),
        row("failed", passed_checks=0),
    ]


@pytest.fixture(scope="module")
def findings() -> Findings:
    return analyze_table(table(whole_study()))


def test_everything_that_was_found_can_be_downloaded(findings: Findings):
    assert_sound(findings)
    assert [table.name for table in findings.tables] == [
        "accuracy", "sessions", "accuracy_by_layer", "accuracy_by_unit", "rt_and_confidence", "accuracy_by_confidence",
        "conditions_compared", "odds_ratios", "accuracy_by_query_pair", "relative_difference", "consistency",
    ]  # fmt: skip


def test_each_group_has_its_figures(findings: Findings):
    kinds = ("accuracy", "layers", "rt_and_confidence", "confidence", "relative_difference", "consistency")

    names = {figure.name for figure in findings.figures}

    assert names == {f"{kind}_{group}" for kind in kinds for group in ("people", "experts", "simulated_lapsing")}


def test_people_experts_baselines_and_observers_have_their_own_rows(findings: Findings):
    accuracy = rows_of(findings, "accuracy", condition="none")

    assert [(one["group"], one["rater"], one["trials"]) for one in accuracy] == [
        (group, rater, trials)
        for rater in ("participants", "baseline center", "baseline variance", "baseline saliency")
        for group, trials in (("people", 120), ("experts", 12), ("simulated lapsing", 18))
    ]


def test_conditions_come_in_the_order_of_the_design(findings: Findings):
    people = rows_of(findings, "accuracy", group="people", rater="participants")

    assert [one["condition"] for one in people] == ["synthetic", "natural", "none"]
    assert {one["reference"] for one in rows_of(findings, "odds_ratios")} == {"none"}


def test_what_was_left_out_is_counted(findings: Findings):
    assert findings.result["computed_from"]["sessions_left_out"] == {"returned": 1, "failed checks": 1}
    assert [group["sessions"] for group in findings.result["groups"]] == [60, 6, 9]


def test_claims_are_judged_on_people(findings: Findings):
    claims = claims_of(findings)

    assert {claim: holds for claim, (_, holds) in claims.items()} == {
        "synthetic_helps": True, "natural_helps": True, "synthetic_not_better": True,
    }  # fmt: skip
    of_bots = analyze_table(table(study(ACCURACIES, units=UNITS, sessions=9, trials=6, session_kind="bot")))
    assert set(claims_of(of_bots).values()) == {(None, None)}


def test_layers_are_split_into_blocks_and_branches(findings: Findings):
    found = rows_of(findings, "accuracy_by_layer", group="people", condition="none")

    assert [(one["block"], one["branch"]) for one in found] == [
        (f"mixed{block}", branch) for block in ("3a", "4b", "5a") for branch in ("pool", "3x3")
    ]


def test_the_same_table_gives_the_same_bytes(tmp_path: Path):
    content = table(study({"natural": 0.7}, units=UNITS, sessions=3, trials=6))

    first, store = analyzed(tmp_path / "first", content, paper=PAPER)
    again, _ = analyzed(tmp_path / "again", content, paper=PAPER)

    assert [(file.name, file.sha256) for file in first.files] == [(file.name, file.sha256) for file in again.files]
    assert json.loads(store.read_blob(first.file("result.json").sha256))["seed"] == 3
    assert {"accuracy.csv", "accuracy_people.svg"} <= {file.name for file in first.files}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    "rows",
    [
        [],
        [row()],
        [row(correct=0, confidence="", rt="", unit="no address", observer="ünïcode", session_kind="bot")],
        [row("a"), row("b"), row("c", condition="none")],
        [row("a", trial_kind="catch")],
        [row("a", session_state="running")],
        [row(str(i), condition=c, correct=1, batch=0, relative_difference=0.5) for c in ("none", "natural") for i in range(4)],
    ],
    ids=["empty", "one answer", "little known", "three answers", "catch only", "none finished", "all right"],
)
def test_tables_that_say_little_are_analyzed_all_the_same(rows: list[Row]):
    findings = analyze_table(table(rows))

    assert_sound(findings)
    assert {holds for _, holds in claims_of(findings).values()} <= {None, False}


def test_a_table_that_is_not_stored_is_refused(tmp_path: Path):
    workshop = LocalWorkshop(store=ArtifactStore(str(tmp_path)), device="cpu", report=lambda *progress: None)

    with pytest.raises(InputError) as caught:
        workshop.obtain(Analysis(paper=PAPER, table="0" * 64))

    assert caught.value.field == "table"
