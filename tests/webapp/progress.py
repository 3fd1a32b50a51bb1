"""Brings sessions of made-up studies as far as a test needs them, through the services that the browser's requests call."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.utils import timezone

from experiments.contract.designs import CHOICES, WITH_CONFIDENCE
from tests.webapp import made_up
from webapp.studies.models import Response, Session, Study, Trial
from webapp.studies.selectors import plan_trials, study_design
from webapp.studies.services.quality import rule_set_create
from webapp.studies.services.response import response_record
from webapp.studies.services.session import instructions_finish, practice_judge, session_finish, session_served


def without_rules(study: Study) -> Study:
    """The study with rules that ask nothing, so that sessions that took no time pass."""
    rule_set_create(study, {})
    return study


def to_main(session: Session, *, instructions: float = 20_000, wrong_attempts: int = 0) -> Session:
    """Serve the plan, leave the instructions after so many ms, pass practice after so many attempts with mistakes."""
    session_served(session)
    instructions_finish(session, duration=instructions)
    session.refresh_from_db()
    for attempt in range(wrong_attempts + 1):
        if not session.practice_passed:
            answer(session, session.trials.filter(kind="practice", attempt=session.attempt), right=attempt == wrong_attempts)
            practice_judge(session)
            session.refresh_from_db()
    return session


def answer(session: Session, trials: Sequence[Trial] | Any, *, right: bool = True, **changes: Any) -> list[Response]:
    """Answer trials, choices all right or all wrong."""
    task = study_design(session.study).TASK
    choices = CHOICES[task]
    given = []
    for trial in trials:
        body = _body(**changes)
        if trial.kind == "rating":
            body = {name: value for name, value in body.items() if name not in ("choice", "confidence")} | {"rating": 10}
        else:
            body["choice"] = next(choice for choice in choices if (choice == trial.correct_choice) == right)
            if task not in WITH_CONFIDENCE:
                del body["confidence"]
        given.append(response_record(session, trial, body))
    return given


def answer_plan(session: Session, *, count: int | None = None, wrong: Sequence[str] = (), **changes: Any) -> Session:
    """Answer the plan, or its first `count` trials; kinds in `wrong` wrongly."""
    for trial in plan_trials(session).filter(response=None).order_by("position")[:count]:
        answer(session, [trial], right=trial.kind not in wrong, **changes)
    return session


def finish(session: Session, **how: Any) -> Session:
    """A session that has gone all the way; `how` as of `answer_plan`."""
    answer_plan(to_main(session), **how)
    session_finish(session)
    session.refresh_from_db()
    return session


def finished(study: Study, *, kind: str = "live", external_id: str = "", **how: Any) -> Session:
    """A new session that has gone all the way."""
    session, _ = made_up.session(study, kind=kind, external_id=external_id)
    return finish(session, **how)


def lose_lease(session: Session) -> None:
    """Let the session's time be over."""
    Session.objects.filter(id=session.id).update(lease_until=timezone.now() - timedelta(seconds=1))


def _body(**changes: Any) -> dict[str, Any]:
    body = made_up.answer(**changes)
    if "rt" in changes:
        body["event_time"] = body["handler_time"] = body["onset"] + body["rt"]
    return body
