"""The labelling study from its making to the labels that a classifier learns from: by a person, and by simulated annotators."""

import csv
import io
import time
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser

from tests.e2e.visitor import Visitor
from tests.services.deployment import Deployment

pytestmark = pytest.mark.e2e
PAPER, NAME = "mayilvahanan2025_domains", "labels"
# Shared by all sessions, so that each image gets two labels from two sessions.
SETTINGS = {
    "images": 18,
    "annotators": 2,
    "main_trials": 9,
    "catch_trials": 2,
    "practice_trials": 2,
    "repeats": 2,
    "shown_size": 160,
}
ZOOMED = (640, 360)
WAIT_SECONDS = 120
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
    for number in range(SETTINGS["main_trials"] + SETTINGS["catch_trials"] + SETTINGS["repeats"]):
        given = visitor.answer("123"[number % 3], name=f"trial-{number + 1}" if number < 3 else "")
        if number == 0:
            visitor.check("answered")
        assert (given["confidence"], given["correct"]) == (None, None)
        visitor.go_on()
    visitor.page.wait_for_selector("[data-screen=thanks] .code")
    visitor.check("thanks")

    assert visitor.problems == []
    assert visitor.complaints == []
    assert visitor.hosts <= {httpx.URL(deployment.web.url).netloc.decode("ascii")}


def test_labels_of_simulated_annotators_become_a_file_that_a_classifier_takes(
    study: dict[str, Any], deployment: Deployment, tmp_path: Path
) -> None:
    truth = tmp_path / "truth.json"
    deployment.manage("export_truth", "--study", NAME, "--out", str(truth))

    printed = deployment.send_bots(
        study, "--sessions", "6", "--observer", "lapsing", "--seed", "1", "--truth", str(truth), "--dropout", "0"
    )

    manifest = result_of(deployment)
    labels = list(csv.DictReader(io.StringIO(file_of(deployment, manifest, "labels.csv"))))
    per_image = Counter(row["image"] for row in labels)
    assert "simulated sessions finished                6\n" in printed
    assert {row["group"] for row in labels} == {"simulated lapsing"}
    assert len(per_image) == SETTINGS["images"]
    assert sum(row["label"] == row["truth"] for row in labels) > 0.7 * len(labels)
    assert f"--set labels={manifest['digest']}" in file_of(deployment, manifest, "result.json")


def result_of(deployment: Deployment) -> dict[str, Any]:
    """The analysis of the study as it stands."""
    digest = deployment.manage("shell", "--no-imports", "-c", REQUEST).strip()
    deadline = time.monotonic() + WAIT_SECONDS
    while (answer := deployment.api.get(f"/api/v1/artifacts/{digest}")).status_code == httpx.codes.NOT_FOUND:
        assert time.monotonic() < deadline, "no analysis came"
        time.sleep(0.5)
    manifest: dict[str, Any] = answer.raise_for_status().json()
    return manifest


def file_of(deployment: Deployment, manifest: dict[str, Any], name: str) -> str:
    return deployment.api.get(f"/api/v1/artifacts/{manifest['digest']}/files/{name}").raise_for_status().text
