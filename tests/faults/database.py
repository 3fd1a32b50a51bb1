"""What is asked of a site's own database, inside its `manage.py shell`; each function writes its answer to `path` as JSON."""

import json
from pathlib import Path

from tests.webapp import made_up
from webapp.stimuli.models import Artifact, Job
from webapp.studies.models import Session
from webapp.studies.selectors import plan_trials

# Every tenth trial is a catch trial, as published.
CATCH_SHARE = 10


def open_study(path: str, trials: str) -> None:
    """The id of an open study with so many trials; without references, so with few images and no practice."""
    catch = int(trials) // CATCH_SHARE
    study = made_up.study("zimmermann2021_causal", conditions=["none"], main_trials=int(trials) - catch, catch_trials=catch)
    Path(path).write_text(json.dumps(str(study.id)))


def sessions(path: str, study: str) -> None:
    """Each session: its state, code, and how many required answers are missing."""
    found = [
        {
            "id": str(session.id),
            "state": session.state,
            "code": session.completion_code,
            "missing": plan_trials(session).filter(response=None).count(),
        }
        for session in Session.objects.filter(study=study)
    ]
    Path(path).write_text(json.dumps(found))


def made(path: str) -> None:
    """All jobs with their state, attempts and error, and how often each artifact is listed."""
    jobs = list(Job.objects.order_by("created_at").values("digest", "state", "attempts", "error"))
    Path(path).write_text(json.dumps({"jobs": jobs, "artifacts": list(Artifact.objects.values_list("digest", flat=True))}))
