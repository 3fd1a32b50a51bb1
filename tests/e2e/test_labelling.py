"""The labelling study from its making to the labels that a classifier learns from: by a person, and by simulated annotators."""

import csv
import io
import json
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser

from tests.e2e.visitor import Visitor
from tests.services.deployment import WAIT_SECONDS, Deployment

pytestmark = pytest.mark.e2e
PAPER, NAME = "mayilvahanan2025_domains", "labels"
# Three shares, each of which two sessions label.
SETTINGS = {
    "images": 120,
    "annotators": 2,
    "main_trials": 40,
    "catch_trials": 1,
    "practice_trials": 2,
    "repeats": 2,
    "shown_size": 96,
}
SESSIONS = 6
WALKED = 3
"""Main trials that a person answers."""
CLASSIFIER = {"part": "classifier", "scale": {"classifier": {"side": 48, "precision": 0.5}}}
"""A precision that heads reach with some thirty images to set their thresholds."""
ZOOMED = (640, 360)
REQUEST = f"""
from webapp.studies.models import Study, StudyResult
from webapp.studies.results.requests import results_request
study = Study.objects.get(name={NAME!r})
results_request(study)
print(StudyResult.objects.filter(study=study).latest("requested_at").digest)
"""


@pytest.fixture(scope="module")
def study(deployment: Deployment) -> dict[str, Any]:
    words = [f"--set={key}={value}" for key, value in SETTINGS.items()]
    deployment.manage("study_create", PAPER, "--name", NAME, *words)
    deployment.wait_open(NAME)
    return deployment.studies()[NAME]


@pytest.mark.parametrize("size", [(1280, 720), ZOOMED], ids=["full", "zoomed"])
def test_labelling_by_keyboard_passes_axe_on_every_screen_and_never_scrolls_sideways(
    study: dict[str, Any], deployment: Deployment, chromium: Browser, screenshots: Path, size: tuple[int, int]
) -> None:
    folder = screenshots / NAME / str(size[0])
    folder.mkdir(parents=True, exist_ok=True)
    visitor = Visitor(deployment, study, chromium, folder, size=size)

    visitor.enter()
    visitor.read()
    visitor.practice("incorrect", is_right=False)
    visitor.practice("correct", is_right=True)
    for number in range(WALKED):
        given = visitor.answer("123"[number], name=f"trial-{number + 1}")
        visitor.check(f"answered-{number + 1}")
        assert (given["confidence"], given["correct"]) == (None, None)
        visitor.go_on()

    assert visitor.problems == []
    assert visitor.complaints == []
    assert visitor.hosts <= {httpx.URL(deployment.web.url).netloc.decode("ascii")}


def test_labels_of_simulated_annotators_train_a_classifier_whose_lineage_leads_to_them(
    study: dict[str, Any], deployment: Deployment, tmp_path: Path
) -> None:
    truth = tmp_path / "truth.json"
    deployment.manage("export_truth", "--study", NAME, "--out", str(truth))

    printed = deployment.send_bots(
        study, "--sessions", str(SESSIONS), "--observer", "lapsing", "--seed", "1", "--truth", str(truth)
    )
    analysis = result_of(deployment)
    run = train(deployment, labels=analysis["digest"])

    assert f"simulated sessions finished                {SESSIONS}\n" in printed
    result = json.loads(file_of(deployment, analysis["digest"], "result.json"))
    labels = list(csv.DictReader(io.StringIO(file_of(deployment, analysis["digest"], "labels.csv"))))
    counted = sum(group["sessions"] for group in result["groups"])
    assert {row["group"] for row in labels} == {"simulated lapsing"}
    assert len(labels) == counted * SETTINGS["main_trials"]
    assert sum(row["label"] == row["truth"] for row in labels) > 0.7 * len(labels)
    assert result["next"]["command"].endswith(f"--set labels={analysis['digest']}")
    classifier = json.loads(file_of(deployment, run, "result.json"))["metrics"]["classifier"]
    assert classifier["labels"] == analysis["digest"]
    assert sum(classifier["images"].values()) == len({row["image"] for row in labels})
    lineage = deployment.api.get(f"/api/v1/lineage/{run}").raise_for_status().json()
    assert analysis["digest"] in {artifact["digest"] for artifact in lineage}


def train(deployment: Deployment, *, labels: str) -> str:
    """The digest of a run that trains a classifier on these labels, on the GPU worker."""
    body = {"paper": PAPER, "preset": "smoke", "settings": {**CLASSIFIER, "labels": labels}}
    run = deployment.api.post("/api/v1/runs", json=body)
    assert run.status_code in (200, 201, 202), run.text
    deadline = time.monotonic() + WAIT_SECONDS
    while (now := deployment.api.get(f"/api/v1/runs/{run.json()['digest']}").json())["state"] != "finished":
        assert now["state"] != "failed", now
        assert time.monotonic() < deadline, now
        time.sleep(0.5)
    return str(now["digest"])


def result_of(deployment: Deployment) -> dict[str, Any]:
    """The analysis of the study as it stands."""
    digest = deployment.manage("shell", "--no-imports", "-c", REQUEST).strip()
    deadline = time.monotonic() + WAIT_SECONDS
    while (answer := deployment.api.get(f"/api/v1/artifacts/{digest}")).status_code == httpx.codes.NOT_FOUND:
        assert time.monotonic() < deadline, "no analysis came"
        time.sleep(0.5)
    manifest: dict[str, Any] = answer.raise_for_status().json()
    return manifest


def file_of(deployment: Deployment, digest: str, name: str) -> str:
    return deployment.api.get(f"/api/v1/artifacts/{digest}/files/{name}").raise_for_status().text
