"""What is asked of a site's own database, inside its `manage.py shell`; each function writes its answer to `path` as JSON."""

import json
from pathlib import Path

from tests.webapp import made_up
from webapp.stimuli.models import Artifact, Job
from webapp.studies.models import Session
from webapp.studies.selectors import plan_trials

CATCH_SHARE = 10
"""Every tenth trial is a catch trial, and every tenth asks again."""
SHARES, ANNOTATORS = 4, 100
"""Together the places for participants."""


def open_study(path: str, trials: str) -> None:
    """The id of an open study with so many trials after practice: one image each, so that they cost few requests."""
    tenth = int(trials) // CATCH_SHARE
    main = int(trials) - 2 * tenth
    study = made_up.study(
        "mayilvahanan2025_domains",
        images=SHARES * main,
        annotators=ANNOTATORS,
        main_trials=main,
        catch_trials=tenth,
        repeats=tenth,
        # Whoever guesses passes at the third attempt or so.
        practice_trials=1,
    )
    Path(path).write_text(json.dumps(str(study.id)))


def account(path: str, study: str) -> None:
    """What the database holds in the end.

    Each session with its state, code, and how many required answers are missing, practice not passed being one; all jobs with
    their state, attempts and error; how often each artifact is listed.
    """
    sessions = [
        {
            "id": str(session.id),
            "state": session.state,
            "code": session.completion_code,
            "missing": plan_trials(session).filter(response=None).count() + (not session.practice_passed),
        }
        for session in Session.objects.filter(study=study)
    ]
    jobs = list(Job.objects.order_by("created_at").values("digest", "state", "attempts", "error"))
    artifacts = list(Artifact.objects.values_list("digest", flat=True))
    Path(path).write_text(json.dumps({"sessions": sessions, "jobs": jobs, "artifacts": artifacts}))
