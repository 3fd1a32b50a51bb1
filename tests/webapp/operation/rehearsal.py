"""A backup rehearsed: one process answers, backs up and erases; another restores. Run by name inside `manage.py shell`."""

import json
import threading
from pathlib import Path

from django.db import connection

from tests.webapp import made_up
from webapp.operation.backup import backup_make, backup_restore
from webapp.studies.erasure import sessions_erase
from webapp.studies.exports import export
from webapp.studies.models import Response, Session, Study
from webapp.studies.services.response import response_record

PERSONS = 3


def back_up(folder: str) -> None:
    """Back up to `folder`/backup while somebody answers, then erase a person; what was there to `folder`/before.json."""
    study = made_up.study(main_trials=100, practice_obvious=0, practice_other=0)
    persons = [_begun(study) for _ in range(PERSONS)]
    for session in persons:
        _answer(session, 10)
    writing, stop, acknowledged = threading.Event(), threading.Event(), []
    writer = threading.Thread(target=_answer_on, args=(_begun(study, kind="bot"), writing, stop, acknowledged))
    writer.start()
    writing.wait(30)
    before = list(acknowledged)
    backup_make(Path(folder) / "backup")
    after = list(acknowledged)
    stop.set()
    writer.join()
    lines = _lines(study)
    gone = persons[0]
    sessions_erase(Session.objects.filter(id=gone.id))
    facts = {
        "study": study.name,
        "before": before,
        "after": after,
        "gone": [line for line in lines if str(gone.id) in line],
        "kept": [line for line in lines if any(str(session.id) in line for session in persons[1:])],
    }
    (Path(folder) / "before.json").write_text(json.dumps(facts))


def bring_back(folder: str) -> None:
    """Restore `folder`/backup; what is there to `folder`/restored.json."""
    _, erased = backup_restore(Path(folder) / "backup")
    study = Study.objects.get()
    lines = _lines(study)
    facts = {
        "lines": lines,
        "answered": [str(trial) for trial in Response.objects.values_list("trial_id", flat=True)],
        "erased": [erased.sessions, erased.answers] if erased else None,
        "counted": study.erased_sessions,
    }
    (Path(folder) / "restored.json").write_text(json.dumps(facts))


def _begun(study: Study, *, kind: str = "live") -> Session:
    session, _ = made_up.session(study, kind=kind)
    Session.objects.filter(id=session.id).update(instruction_time=1.0, practice_passed=True)
    return Session.objects.get(id=session.id)


def _answer(session: Session, count: int) -> None:
    for trial in session.trials.filter(attempt=0, response=None).exclude(kind="example").order_by("position")[:count]:
        response_record(session, trial, made_up.answer())


def _answer_on(session: Session, writing: threading.Event, stop: threading.Event, acknowledged: list[str]) -> None:
    for trial in session.trials.filter(attempt=0).exclude(kind="example").order_by("position"):
        response_record(session, trial, made_up.answer())
        acknowledged.append(str(trial.id))
        if len(acknowledged) == 5:
            writing.set()
        if stop.wait(0.02):
            break
    connection.close()


def _lines(study: Study) -> list[str]:
    return b"".join(export(study, form="csv")).decode().splitlines()
