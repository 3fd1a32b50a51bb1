"""The account of a run sees what is lost, doubled, changed, given too early, torn."""

import csv
import hashlib
import io
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from experiments.contract.artifacts import ArtifactStore, NewFile, Product
from experiments.contract.recipes import recipe_from_json
from tests.faults import reckoning, stimuli
from tests.faults.reckoning import Account

pytestmark = pytest.mark.unit
SENT = {"one": {"key": "k1", "choice": "upper", "rt": 1234.5, "cross_origin_isolated": False}}
ROW = {"trial_id": "one", "choice": "upper", "rt": "1234.5", "cross_origin_isolated": "0"}
FINISHED = {"id": "s", "state": "finished", "code": "ABC", "missing": 0}
MADE = {"digest": "d", "state": "finished", "attempts": 2, "error": None}


def exported(*rows: Mapping[str, str]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, ROW)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def account(
    *,
    rows: Sequence[Mapping[str, str]] = (ROW,),
    sessions: Sequence[Mapping[str, Any]] = (FINISHED,),
    codes: Mapping[str, set[str]] = {"somebody": {"ABC"}},
    jobs: Sequence[Mapping[str, Any]] = (MADE,),
    artifacts: Sequence[str] = ("d",),
) -> Account:
    return Account(
        answers=reckoning.answers(SENT, exported(*rows)),
        sessions=reckoning.sessions(sessions, codes),
        jobs=reckoning.jobs(["d"], {"jobs": jobs, "artifacts": artifacts}),
        contradictions=0,
        gave_up=0,
        store=[],
        killed={"web": 2},
        network={},
        statuses={},
        returns=0,
        messages_doubled=0,
        unavailable_seconds=0.0,
        seconds=1.0,
    )


def test_run_in_which_all_is_well_has_nothing_wrong():
    assert account().wrong == []
    assert account().as_text().endswith("Nothing lost.")


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"rows": []}, "answers lost: 1"),
        ({"rows": [ROW, ROW]}, "answers doubled: 1"),
        ({"rows": [{**ROW, "rt": "1234.6"}]}, "answers changed: 1"),
        ({"rows": [{**ROW, "cross_origin_isolated": "1"}]}, "answers changed: 1"),
        ({"sessions": [{**FINISHED, "code": ""}], "codes": {}}, "sessions finished without a code: 1"),
        ({"sessions": [{**FINISHED, "missing": 1}]}, "codes without all answers: 1"),
        ({"codes": {}}, "codes that nobody was told: 1"),
        ({"codes": {"somebody": {"ABC", "ABD"}}}, "codes that are not the session's: 1"),
        ({"jobs": [{**MADE, "state": "failed"}]}, "jobs that did not finish: 1"),
        ({"artifacts": []}, "jobs that did not finish: 1"),
        ({"jobs": [MADE, {**MADE, "state": "started"}]}, "jobs done twice: 1"),
    ],
)
def test_whatever_is_wrong_is_told(changes: dict[str, Any], wrong: str):
    told = account(**changes)

    assert told.wrong == [wrong]
    assert f"WRONG {wrong}" in told.as_text()


def test_participants_who_did_not_come_to_the_end_are_wrong():
    assert replace(account(), gave_up=1, store=["torn: x"]).wrong == ["participants who did not come to the end: 1", "torn: x: 1"]


def test_torn_and_missing_files_of_a_store_are_found(tmp_path: Path):
    store, recipe = ArtifactStore(str(tmp_path)), recipe_from_json(stimuli.CHEAP)
    store.publish(
        recipe, Product(new_files=[NewFile(name="a", content=b"whole"), NewFile(name="b", content=b"gone")]), provenance={}
    )
    (tmp_path / "passing" / "half").write_bytes(b"ha")
    before = stimuli.faults_of_store(str(tmp_path))

    torn, gone = (hashlib.sha256(content).hexdigest() for content in (b"whole", b"gone"))
    (tmp_path / "blobs" / torn).write_bytes(b"who")
    (tmp_path / "blobs" / gone).unlink()
    found = stimuli.faults_of_store(str(tmp_path))

    assert before == []
    assert found == [f"torn: {tmp_path}/blobs/{torn}", f"missing: blob {gone}"]
