"""A simulated study from plan to analysis by one command: stimuli, simulated participants over HTTP, tables.

Its figures say that the machinery works. They follow from parameters that we set and are no evidence about people.
"""

import json
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.urls import reverse

from experiments import jobs, registry
from experiments.contract.artifacts import Manifest
from experiments.contract.errors import InputError
from experiments.contract.fields import require
from model_zoo.catalogue import draw_units
from webapp.participants.consent import default_consent
from webapp.stimuli.models import Artifact
from webapp.stimuli.selectors import store
from webapp.studies.models import Study
from webapp.studies.one_machine.children import Children, deployment
from webapp.studies.one_machine.demo import MODEL, stimuli_await
from webapp.studies.results.requests import results_request, study_result
from webapp.studies.services.study import StudyPlan, study_create
from webapp.studies.truth import truth_write

NOTICE = "A simulated study at reduced scale: its participants are programs."
CAPTION = "simulated, parameters set by us, not evidence"
PATIENCE_SECONDS = 900


def small_plan(
    paper: str, *, name: str, units: int, seed: int, conditions: Sequence[str], settings: Mapping[str, Any]
) -> StudyPlan:
    """A study of a paper at the demo's scale, of `units` drawn by the seed where it asks about units.

    Raises:
        InputError: There is no such paper, or not so many units.
    """
    design = registry.design(paper)
    asks_about_units = design.ASKS_ABOUT == "units"
    pool = {"pool": "photographs+stamps"} if asks_about_units else {}
    return StudyPlan(
        name=name,
        paper=paper,
        units=draw_units(MODEL, count=units, seed=seed) if asks_about_units else (),
        conditions=conditions,
        settings={**design.DEMO, **pool, **settings},
        notice=NOTICE,
    )


def run(plan: StudyPlan, *, sessions: int, observer: str, seed: int) -> tuple[Study, Manifest]:
    """Make the study, send the bots, and return it with its analysis.

    Raises:
        InputError: The plan is unfit, or stimuli, bots or analysis fail.
        ChildDied: A child process ended by itself.
    """
    require(sessions > 0, "sessions", f"{sessions} sessions are none", "Give at least 1")
    call_command("migrate", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)
    port = _free_port()
    with deployment(port) as children:
        study = study_create(plan, consent=default_consent())
        stimuli_await(study, children)
        truth_write(study)
        link = f"http://127.0.0.1:{port}{reverse('participant:entry', args=[study.id])}"
        send_bots(link, sessions=sessions, observer=observer, seed=seed)
        return study, analysis_await(study, children)


def send_bots(link: str, *, sessions: int, observer: str, seed: int) -> None:
    """Simulated participants through the public interface, by the command that everybody uses.

    Raises:
        InputError: They could not take part.
    """
    words = ["--link", link, "--sessions", str(sessions), "--observer", observer, "--seed", str(seed)]
    sent = subprocess.run([sys.executable, "-m", "experiments", "bot", *words], check=False)  # noqa: S603 -- our own command
    if sent.returncode:
        raise InputError(field="observer", message="the simulated participants failed", remedy="Read what they said above")


def analysis_await(study: Study, children: Children) -> Manifest:
    """The analysis of the study as it stands, once a worker has made it.

    Raises:
        InputError: It fails or does not come.
    """
    remedy = f"Read the workers' logs in {jobs.VAR / 'log'}"
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        children.check()
        results_request(study)
        shown = study_result(study)
        if shown["job_error"]:
            raise InputError(field="analysis", message=shown["job_error"]["message"], remedy=shown["job_error"]["remedy"])
        if shown["result"] and not shown["news"]:
            return Artifact.objects.get(digest=shown["result"].digest).read_manifest()
        time.sleep(1)
    raise InputError(field="analysis", message=f"no result came in {PATIENCE_SECONDS} s", remedy=remedy)


def analysis_write(manifest: Manifest, out: Path) -> dict[str, Any]:
    """Write tables, figures and `result.json` of an analysis into a folder; what the latter says."""
    out.mkdir(parents=True, exist_ok=True)
    for file in manifest.files:
        (out / file.name).write_bytes(store().read_blob(file.sha256))
    result: dict[str, Any] = json.loads((out / "result.json").read_text())
    return result


def summary(result: Mapping[str, Any]) -> str:
    """Accuracy by condition, or the agreement of labels, with intervals; the claims of a paper are judged on people only."""
    tables = {table["name"]: table for table in result["tables"]}
    if "accuracy" not in tables:
        return _agreement(tables["agreement"]["rows"], next_command=result["next"]["command"])
    accuracy = tables["accuracy"]
    lines = [f"{'condition':<24}{'who':<20}{'accuracy':<10}{'interval':<24}{'sessions':<10}main trials"]
    for row in accuracy["rows"]:
        interval = row["why_no_interval"] if row["low"] is None else f"[{row['low']:.2f}, {row['high']:.2f}]"
        who = row.get("rater", "participants").replace("_", " ")
        lines.append(f"{row['condition']:<24}{who:<20}{row['accuracy']:<10.2f}{interval:<24}{row['sessions']:<10}{row['trials']}")
    return "\n".join(lines)


def _agreement(rows: Sequence[Mapping[str, Any]], *, next_command: str) -> str:
    lines = [f"{'agreement':<52}{'kappa':<8}interval"]
    for row in rows:
        kappa = row["why_not"] if row["kappa"] is None else f"{row['kappa']:<8.2f}[{row['low']:.2f}, {row['high']:.2f}]"
        lines.append(f"{row['measure']:<52}{kappa}")
    return "\n".join([*lines, "", next_command])


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])
