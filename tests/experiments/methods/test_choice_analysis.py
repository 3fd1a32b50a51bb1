"""The analyses of both papers on tables whose figures can be worked out by hand."""

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from experiments.contract.artifacts import ArtifactStore, Manifest
from experiments.contract.claims import Claim, check_claims
from experiments.contract.errors import InputError
from experiments.contract.recipes import Analysis
from experiments.methods.choice_analysis import clearly_above
from experiments.workshop import LocalWorkshop
from tests.experiments.methods.response_tables import row, table

pytestmark = pytest.mark.unit
SCALE, CAUSAL = "zimmermann2023_scale", "zimmermann2021_causal"


def analyzed(folder: Path, content: bytes, *, paper: str = SCALE) -> tuple[Manifest, ArtifactStore]:
    store = ArtifactStore(str(folder))
    recipe = Analysis(paper=paper, table=store.write_blob(content), seed=3)
    return LocalWorkshop(store=store, device="cpu", report=lambda *progress: None).obtain(recipe), store


def result(folder: Path, content: bytes, *, paper: str = SCALE) -> dict[str, Any]:
    manifest, store = analyzed(folder, content, paper=paper)
    body: dict[str, Any] = json.loads(store.read_blob(manifest.file("result.json").sha256))
    return body


def of_two_units() -> list[dict[str, Any]]:
    """Unit 0: 3 of 4 right; unit 1: 1 of 6 right."""
    return [row(correct=int(i < 3), unit="m/l:0") for i in range(4)] + [
        row("s2", correct=int(i < 1), unit="m/l:1") for i in range(6)
    ]


def test_scale_accuracy_is_the_mean_over_units(tmp_path: Path):
    found = result(tmp_path, table(of_two_units()))["groups"][0]["conditions"][0]

    assert found["accuracy"] == pytest.approx((3 / 4 + 1 / 6) / 2)
    assert [unit["accuracy"] for unit in found["by_unit"]] == pytest.approx([3 / 4, 1 / 6])
    assert found["low"] == pytest.approx(1 / 6)
    assert found["high"] == pytest.approx(3 / 4)


def test_causal_accuracy_is_pooled_with_two_sem_over_participants(tmp_path: Path):
    found = result(tmp_path, table(of_two_units()), paper=CAUSAL)["groups"][0]["conditions"][0]

    margin = 2 * np.std([3 / 4, 1 / 6]) / np.sqrt(2)
    assert (found["accuracy"], found["low"], found["high"]) == pytest.approx((0.4, 0.4 - margin, 0.4 + margin))


def test_analysis_counts_main_catch_rt_and_confidence_apart(tmp_path: Path):
    rows = [row(correct=1, rt=1000, confidence=1), row(correct=0, rt=3000, confidence=3), row(correct=1, rt=2000, confidence=3)]
    rows += [row(correct=0, trial_kind="catch", rt=9000), row(correct=0, trial_kind="practice", rt=9000)]

    found = result(tmp_path, table(rows))["groups"][0]["conditions"][0]

    assert (found["trials"], found["catch_accuracy"], found["median_rt_ms"]) == (3, 0.0, 2000.0)
    assert found["mean_confidence"] == pytest.approx(7 / 3)
    assert found["by_confidence"] == [
        {"confidence": 1, "trials": 1, "accuracy": 1.0},
        {"confidence": 2, "trials": 0, "accuracy": None},
        {"confidence": 3, "trials": 2, "accuracy": 0.5},
    ]


def test_people_and_simulated_participants_are_never_mixed(tmp_path: Path):
    rows = [row(f"p{i}", correct=1) for i in range(3)] + [row(f"b{i}", kind="bot", correct=0) for i in range(5)]

    groups = result(tmp_path, table(rows))["groups"]

    told = [(group["sessions_are"], group["sessions"], group["conditions"][0]["accuracy"]) for group in groups]
    assert told == [("people", 3, 1.0), ("simulated", 5, 0.0)]


def test_previews_pilots_and_unfinished_sessions_are_left_out_and_counted(tmp_path: Path):
    rows = [
        row("p"),
        row("v", kind="preview"),
        row("l", kind="pilot"),
        row("u", session_state="running"),
        row("u", session_state="running"),
    ]

    found = result(tmp_path, table(rows))

    assert [group["sessions"] for group in found["groups"]] == [1]
    assert found["computed_from"]["sessions_left_out"] == {"preview": 1, "pilot": 1, "unfinished": 1}


def test_intervals_are_withheld_from_one_participant_but_not_wilsons(tmp_path: Path):
    found = result(tmp_path, table([row(), row(correct=0)]), paper=CAUSAL)["groups"][0]["conditions"][0]

    assert (found["low"], found["high"]) == (None, None)
    assert 0 < found["wilson_low"] < 0.5 < found["wilson_high"] < 1


def test_claims_are_checked_on_people_only(tmp_path: Path):
    rng = np.random.default_rng(0)
    rows = [
        row(f"b{i}", kind="bot", condition=condition, correct=int(rng.random() < share), unit=f"m/l:{i % 8}")
        for condition, share in (("natural", 0.9), ("synthetic", 0.6))
        for i in range(400)
    ]
    of_people = [{**one, "session_kind": "live"} for one in rows]

    claim_of_bots, claim_of_people = (result(tmp_path, table(some))["claims"][0] for some in (rows, of_people))

    assert (claim_of_bots["value"], claim_of_bots["holds"]) == (None, None)
    assert claim_of_people["value"].startswith("natural 0.875")
    assert claim_of_people["holds"] is True


def test_clearly_above_wants_intervals_that_do_not_touch():
    def condition(name: str, low: float | None, high: float | None) -> dict[str, Any]:
        return {"condition": name, "accuracy": 0.7, "low": low, "high": high}

    rows = {row["condition"]: row for row in (condition("a", 0.6, 0.8), condition("b", 0.4, 0.59), condition("c", None, None))}

    judged = [
        clearly_above(rows, "a", "b"),
        clearly_above(rows, "b", "a"),
        clearly_above(rows, "a", "c"),
        clearly_above(rows, "a", "d"),
    ]

    assert [holds and holds[1] for holds in judged] == [True, False, None, None]
    assert clearly_above(rows, "a", 0.5) == ("a 0.700", True)
    assert clearly_above(rows, "b", 0.5) == ("b 0.700", False)


def test_unverified_figures_are_printed_as_such():
    claim = Claim(id="x", statement="It is so", reported=".98", source="memory", verified=False, check=lambda result: ("1", True))

    assert check_claims([claim], result={})[0]["reported"] == ".98 (unverified)"


def test_analysis_gives_one_readable_figure_a_group_with_the_same_bytes(tmp_path: Path):
    content = table([row("p"), row("b", kind="bot", correct=0), row("c", kind="bot", correct=1)])

    first, store = analyzed(tmp_path / "first", content)
    again, _ = analyzed(tmp_path / "again", content)

    assert [file.name for file in first.files] == ["result.json", "accuracy_people.svg", "accuracy_simulated.svg"]
    assert [file.sha256 for file in first.files] == [file.sha256 for file in again.files]
    people, simulated = first.files[1:]
    assert ElementTree.fromstring(store.read_blob(people.sha256)).tag == "{http://www.w3.org/2000/svg}svg"
    assert people.media_type == "image/svg+xml"
    assert "simulated participants, not people" in simulated.about["caption"]


def test_an_empty_table_gives_an_empty_result(tmp_path: Path):
    assert result(tmp_path, table([]))["groups"] == []


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (table([row()], without="condition"), "it has no column condition"),
        (b"", "it has no column session_id"),
        (table([row(correct=2)]), "cannot be read after 0 responses"),
        (table([row(), row(rt="soon")]), "cannot be read after 1 responses"),
        (b"\xff\xfe", "cannot be read"),
        (table([row(trial_kind="catch")]), "has no main trials"),
    ],
)
def test_a_bad_table_is_refused(tmp_path: Path, content: bytes, message: str):
    with pytest.raises(InputError, match=message) as caught:
        analyzed(tmp_path, content)

    assert caught.value.field == "table"


def test_a_table_that_is_not_stored_is_refused(tmp_path: Path):
    workshop = LocalWorkshop(store=ArtifactStore(str(tmp_path)), device="cpu", report=lambda *progress: None)

    with pytest.raises(InputError) as caught:
        workshop.obtain(Analysis(paper=SCALE, table="0" * 64))

    assert caught.value.field == "table"
