"""A simulated study from plan to analysis by one command: stimuli, simulated participants over HTTP, tables.

Its figures say that the machinery works. They follow from parameters that we set and are no evidence about people.
"""

import csv
import io
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from typing import Any

from django.core.management import call_command
from django.urls import reverse

from experiments import jobs, registry
from experiments.contract.errors import InputError
from experiments.contract.fields import require
from model_zoo.catalogue import draw_units
from webapp.participants.consent import default_consent
from webapp.stimuli.models import Artifact
from webapp.stimuli.selectors import store
from webapp.studies.models import Study, StudyResult
from webapp.studies.one_machine.children import Children, deployment
from webapp.studies.one_machine.demo import MODEL, stimuli_await
from webapp.studies.results.requests import results_request
from webapp.studies.services.study import StudyPlan, study_create
from webapp.studies.truth import truth_write

NOTICE = "A simulated study at reduced scale: its participants are programs."
CAPTION = "simulated, parameters set by us, not evidence"
PATIENCE_SECONDS = 900


def run(
    paper: str,
    *,
    name: str,
    sessions: int,
    observer: str,
    seed: int,
    units: int,
    conditions: Sequence[str],
    settings: Mapping[str, Any],
) -> tuple[Study, list[dict[str, str]]]:
    """Make the study, send the bots, and return it with the table of accuracies by condition.

    Raises:
        InputError: The plan is unfit, or stimuli, bots or analysis fail.
        ChildDied: A child process ended by itself.
    """
    require(sessions > 0, "sessions", f"{sessions} sessions are none", "Give at least 1")
    call_command("migrate", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)
    design = registry.design(paper)
    plan = StudyPlan(
        name=name,
        paper=paper,
        units=draw_units(MODEL, count=units, seed=seed),
        conditions=conditions,
        settings={**design.DEMO, "pool": "photographs+stamps", **settings},
        notice=NOTICE,
    )
    port = _free_port()
    with deployment(port) as children:
        study = study_create(plan, consent=default_consent())
        stimuli_await(study, children)
        truth_write(study)
        link = f"http://127.0.0.1:{port}{reverse('participant:entry', args=[study.id])}"
        send_bots(link, sessions=sessions, observer=observer, seed=seed)
        return study, accuracies(study, children)


def send_bots(link: str, *, sessions: int, observer: str, seed: int) -> None:
    """Simulated participants through the public interface, by the command that everybody uses.

    Raises:
        InputError: They could not take part.
    """
    words = ["--link", link, "--sessions", str(sessions), "--observer", observer, "--seed", str(seed)]
    sent = subprocess.run([sys.executable, "-m", "experiments", "bot", *words], check=False)  # noqa: S603 -- our own command
    if sent.returncode:
        raise InputError(field="observer", message="the simulated participants failed", remedy="Read what they said above")


def accuracies(study: Study, children: Children) -> list[dict[str, str]]:
    """The rows of the analysis' table of conditions, once the worker has made it.

    Raises:
        InputError: It does not come.
    """
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        children.check()
        results_request(study)
        newest = StudyResult.objects.filter(study=study).order_by("-requested_at").first()
        artifact = Artifact.objects.filter(digest=newest.digest).first() if newest else None
        if artifact and newest and newest.bot_sessions == study.sessions.filter(state="finished").count():
            table = artifact.read_manifest().file("conditions.csv")
            return list(csv.DictReader(io.StringIO(store().read_blob(table.sha256).decode())))
        time.sleep(1)
    raise InputError(field="analysis", message="no result came", remedy=f"Read the workers' logs in {jobs.VAR / 'log'}")


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])
