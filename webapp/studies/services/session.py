"""Writes of sessions: start or rejoin one, judge practice, lay down trials, finish, expire."""

import hashlib
import secrets
import uuid
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from experiments.contract.designs import PlannedTrial
from experiments.contract.errors import InputError
from webapp.api_errors import Conflict
from webapp.participants.models import Participant
from webapp.studies.allocation import units_chosen
from webapp.studies.assignment import cell_choose
from webapp.studies.completion import completion_code, session_reward
from webapp.studies.models import Session, SessionEvent, Study, StudyImage, Trial
from webapp.studies.selectors import StudyManifests, answered_trials, plan_trials, session_units, study_design, study_settings
from webapp.studies.services.quality import person_judge, session_judge
from webapp.studies.services.rules_lock import rules_keep
from webapp.studies.services.study_state import pause_note

TAKEN_PART = InputError(field="participant", message="you have already taken part", remedy="Thank you; nothing is left to do")
ENDED = InputError(field="session", message="this session has ended", remedy="Reload the page")


class NotOpenError(InputError):
    """Nobody can begin the study at this moment."""

    def __init__(self) -> None:
        super().__init__(field="study", message="this study is not open", remedy="Come back later, or ask the researcher")


@transaction.atomic
def session_start(
    study: Study, participant: Participant, *, cohort: str = Session.Cohort.CROWD, observer: str = "", language: str = "en"
) -> tuple[Session, str]:
    """The participant's session with a fresh secret for the cookie; one person has one session in a study.

    All trials are laid down here, from the seed. A person who comes again goes on where they were.

    Raises:
        InputError: The study is not open, or has all the participants that it wants.
        Conflict: The person has finished, returned or withdrawn already.
    """
    token = secrets.token_urlsafe(32)
    token_sha256 = hashlib.sha256(token.encode()).hexdigest()
    study = Study.objects.select_for_update(no_key=True).get(id=study.id)
    # Locked: somebody may withdraw in another tab.
    session = Session.objects.select_for_update().filter(study=study, participant=participant).first()
    if session is not None:
        session_rejoin(session, study, token_sha256=token_sha256)
        return session, token
    if study.state != Study.State.OPEN:
        raise NotOpenError
    session_id = uuid.uuid4()
    seed = int.from_bytes(hashlib.sha256(f"{study.id}/{session_id}".encode()).digest()[:7])
    cell = cell_choose(study, kind=participant.kind, cohort=cohort, seed=seed)
    session = Session(
        id=session_id,
        seed=seed,
        study=study,
        condition=cell.condition,
        participant=participant,
        kind=participant.kind,
        cohort=cohort,
        observer=observer,
        model=cell.model,
        task_index=cell.task_index,
        token_sha256=token_sha256,
        language=language,
        lease_until=lease_end(study),
    )
    _lay_down(session)
    return session, token


def _lay_down(session: Session) -> None:
    """Store a new session with its plan and its first attempt at practice."""
    design, about = study_design(session.study), _about(session)
    practice = design.practice(session.seed, attempt=1, **about)
    planned = design.plan(session.seed, index=session.task_index, **{**about, "units": units_chosen(session)})
    session.practice_passed = not practice
    session.save()
    trials_lay_down(session, planned, attempt=0)
    trials_lay_down(session, practice, attempt=1)


def session_rejoin(session: Session, study: Study, *, token_sha256: str) -> None:
    """Let somebody go on where they were, with a new lease; the caller holds the locks on both.

    Raises:
        Conflict: Their session has ended.
    """
    if session.state not in Session.UNFINISHED:
        raise Conflict(TAKEN_PART)
    session.token_sha256, session.state, session.lease_until = token_sha256, Session.State.RUNNING, lease_end(study)
    session.save(update_fields=["token_sha256", "state", "lease_until"])
    SessionEvent.objects.create(session=session, kind=SessionEvent.Kind.REJOINED)


def lease_end(study: Study) -> Any:
    """When a task that is given now goes back."""
    return timezone.now() + timedelta(minutes=study.lease_minutes)


def sessions_expire() -> int:
    """Note the sessions whose lease is over, and return their number. Their tasks went to others by the clock alone.

    A paused study's clock stands still.
    """
    late = Session.objects.filter(state=Session.State.RUNNING, lease_until__lt=timezone.now())
    late = late.exclude(study__state=Study.State.PAUSED)
    count = 0
    for pk in list(late.values_list("id", flat=True)):
        with transaction.atomic():
            # Somebody may finish at this very moment.
            if late.filter(id=pk).update(state=Session.State.EXPIRED):
                SessionEvent.objects.create(session_id=pk, kind=SessionEvent.Kind.LEASE_EXPIRED)
                count += 1
    return count


def trials_lay_down(session: Session, planned: Sequence[PlannedTrial], *, attempt: int) -> None:
    """Write planned trials as rows."""
    names = {(image.digest, image.name) for trial in planned for image in trial.images.values()}
    of_study = StudyImage.objects.filter(study=session.study, digest__in={digest for digest, _ in names})
    ids = {(digest, name): pk for pk, digest, name in of_study.values_list("id", "digest", "name")}
    units = {unit.address: unit for unit in session.study.units.all()}
    Trial.objects.bulk_create(
        Trial(
            session=session,
            kind=trial.kind,
            attempt=attempt,
            position=position,
            block=trial.block,
            condition=trial.condition or session.condition.name,
            unit=units[trial.unit] if trial.unit else None,
            batch=trial.batch,
            images={place: ids[image.digest, image.name] for place, image in trial.images.items()},
            correct_choice=trial.correct,
            about=dict(trial.about),
        )
        for position, trial in enumerate(planned)
    )


def session_served(session: Session, *, tab: str = "") -> None:
    """Note that the plan was sent, and to which tab; the tab that asked last goes on with the session."""
    now = timezone.now()
    Session.objects.filter(id=session.id, served_at=None).update(served_at=now)
    Session.objects.filter(id=session.id).update(seen_at=now, tab=tab)
    if session.tab and session.tab != tab:
        SessionEvent.objects.create(session=session, kind=SessionEvent.Kind.TAB_TAKEN)


def instructions_finish(session: Session, *, duration: float) -> None:
    """The participant left the last page of instructions; only the first time counts."""
    Session.objects.filter(id=session.id, instruction_time=None).update(instruction_time=duration)


@transaction.atomic
def practice_judge(session: Session) -> bool:
    """Whether practice is passed: all of the attempt right. A wrong answer brings a fresh draw; a missing one changes nothing.

    Raises:
        Conflict: The session was returned or withdrawn meanwhile.
    """
    session = Session.objects.select_for_update(of=("self",)).select_related("study", "condition").get(id=session.id)
    if session.practice_passed:
        return True
    if session.state not in Session.UNFINISHED:
        raise Conflict(ENDED)
    answers = list(session.trials.filter(kind="practice", attempt=session.attempt).values_list("response__correct", flat=True))
    if None in answers:
        return False
    if all(answers):
        session.practice_passed = True
        session.save(update_fields=["practice_passed"])
        return True
    session.attempt += 1
    session.save(update_fields=["attempt"])
    design = study_design(session.study)
    trials_lay_down(session, design.practice(session.seed, attempt=session.attempt, **_about(session)), attempt=session.attempt)
    return False


@transaction.atomic
def session_finish(session: Session) -> str | None:
    """The completion code, released only when every required answer is stored; None when trials are asked once more first.

    The quality rules judge the session at once, and do not decide on the code.

    Raises:
        Conflict: Answers are missing; the body lists their trials in `missing`. Or the session was returned or withdrawn
            before it was finished.
    """
    rules_keep(session)
    locked = Session.objects.select_for_update(of=("self",))
    session = locked.select_related("study", "condition", "participant").get(id=session.id)
    if session.finished_at:
        return session.completion_code
    if session.state not in Session.UNFINISHED:
        raise Conflict(ENDED)
    required = plan_trials(session)
    missing = [str(pk) for pk in required.filter(response=None).order_by("position").values_list("id", flat=True)]
    if missing or not session.practice_passed:
        message = f"{len(missing)} answers are missing" if missing else "practice is not passed"
        raise Conflict(InputError(field="trials", message=message, remedy="Answer the missing trials first"), missing=missing)
    if repeats_lay_down(session):
        return None
    _end(session)
    return session.completion_code


def _end(session: Session) -> None:
    session.state, session.finished_at = Session.State.FINISHED, timezone.now()
    session.save()
    # Read behind the lock: whoever resumes the study notes the pause for all that have not ended.
    if paused_at := Study.objects.values_list("paused_at", flat=True).get(id=session.study_id):
        pause_note([session], paused_at=paused_at)
    session.passed_checks = session_judge(session)
    person_judge(session)
    session.completion_code = completion_code(session)
    session.save(update_fields=["completion_code"])
    session_reward(session)


def repeats_lay_down(session: Session) -> bool:
    """Lay down the trials that the design asks again, once; whether there are any that were not there before."""
    if session.trials.filter(kind="repeat").exists():
        return False
    design = study_design(session.study)
    positions = design.repeats(session.seed, answered=answered_trials(session), settings=study_settings(session.study))
    asked = {trial.position: trial for trial in session.trials.filter(attempt=0)}
    last = max(asked)
    block = 1 + max(trial.block for trial in asked.values())
    Trial.objects.bulk_create(
        Trial(
            session=session,
            kind="repeat",
            position=last + 1 + number,
            block=block,
            condition=again.condition,
            unit_id=again.unit_id,
            batch=again.batch,
            images=again.images,
            correct_choice=again.correct_choice,
            repeat_of=again,
            about=again.about,
        )
        for number, again in enumerate(asked[position] for position in positions)
    )
    return bool(positions)


def _about(session: Session) -> dict[str, Any]:
    """What a design's `plan` and `practice` are told of a session."""
    return {
        "condition": session.condition.name,
        "units": session_units(session),
        "settings": study_settings(session.study),
        "sets": StudyManifests(session.study),
    }
