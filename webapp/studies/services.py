"""Writes of studies: create one, start a session, record an answer, judge practice, finish. Called by all interfaces."""

import hashlib
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from experiments import registry
from experiments.contract.designs import CHOICES, PlannedTrial
from experiments.contract.errors import InputError
from experiments.contract.fields import build, require
from model_zoo.address import UnitAddress
from model_zoo.catalogue import check_unit
from webapp.api_errors import Conflict
from webapp.participants.models import ConsentText, Participant
from webapp.studies.assignment import condition_choose
from webapp.studies.models import Condition, Response, Session, Study, StudyImage, Trial, Unit
from webapp.studies.preparation import study_prepare
from webapp.studies.selectors import session_phase, study_design, study_manifests, study_settings

NAME = re.compile(r"[A-Za-z0-9_-]{1,60}")
CODE_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # without the signs that people confuse


@transaction.atomic
def study_create(
    *,
    name: str,
    paper: str,
    units: Sequence[str],
    consent: ConsentText,
    settings: Mapping[str, Any],
    conditions: Sequence[str] = (),
    title: str = "",
    notice: str = "",
) -> Study:
    """Plan a study by its paper's design and request its stimuli; it opens when they are all there.

    Raises:
        InputError: Paper, unit, condition, setting or name is unknown, unfit or taken.
    """
    design = registry.design(paper)
    checked = build(design.Settings, settings)
    conditions = conditions or design.CONDITIONS
    for condition in conditions:
        remedy = f"Choose among {', '.join(design.CONDITIONS)}"
        require(condition in design.CONDITIONS, "conditions", f"{condition!r} is unknown to {paper}", remedy)
    require(NAME.fullmatch(name) is not None, "name", f"{name!r} is no short name", "Use 1 to 60 letters, digits, '-' or '_'")
    require(bool(units), "units", "a study without units asks nothing", "Give at least one unit address")
    require(not Study.objects.filter(name=name).exists(), "name", f"there is a study {name!r} already", "Choose another name")
    addresses = [check_unit(UnitAddress.parse(unit), aggregation="mean") for unit in units]
    repeated = len({str(address) for address in addresses}) < len(addresses)
    require(not repeated, "units", "a unit is given twice", "Give each unit once")
    design.stimulus_sets(units=[str(address) for address in addresses], conditions=conditions, settings=checked)
    study = Study.objects.create(
        name=name, paper=paper, title=title or design.TITLE, settings=asdict(checked), notice=notice, consent=consent
    )
    study.units.set([unit_get_or_create(address) for address in addresses])
    Condition.objects.bulk_create([Condition(study=study, name=condition) for condition in conditions])
    study_prepare(study)
    study.refresh_from_db()
    return study


def unit_get_or_create(address: UnitAddress) -> Unit:
    """The row of a checked unit address."""
    parts = {"model": address.model, "layer": address.layer, "channel": address.channel}
    unit, _ = Unit.objects.get_or_create(address=str(address), defaults=parts)
    return unit


@transaction.atomic
def session_start(study: Study, participant: Participant) -> tuple[Session, str]:
    """The participant's session with a fresh secret for the cookie; one person has one session in a study.

    All trials are laid down here, from the seed. A person who comes again goes on where they were.

    Raises:
        InputError: The study is not open.
        Conflict: The person has finished already.
    """
    token = secrets.token_urlsafe(32)
    token_sha256 = hashlib.sha256(token.encode()).hexdigest()
    study = Study.objects.select_for_update().get(id=study.id)
    session = Session.objects.filter(study=study, participant=participant).first()
    if session is not None and session.state == Session.State.FINISHED:
        raise Conflict(
            InputError(field="participant", message="you have already taken part", remedy="Thank you; nothing is left to do")
        )
    if session is not None:
        session.token_sha256 = token_sha256
        session.save(update_fields=["token_sha256"])
        return session, token
    if study.state != Study.State.OPEN:
        raise InputError(field="study", message="this study is not open", remedy="Come back later, or ask the researcher")
    condition, index = condition_choose(study, kind=participant.kind)
    session = Session(
        study=study, condition=condition, participant=participant, kind=participant.kind, index=index, token_sha256=token_sha256
    )
    session.seed = int.from_bytes(hashlib.sha256(f"{study.id}/{session.id}".encode()).digest()[:7])
    design, settings = study_design(study), study_settings(study)
    about = {"condition": condition.name, "units": study.unit_addresses, "settings": settings, "sets": study_manifests(study)}
    practice = design.practice(session.seed, attempt=1, **about)
    session.practice_passed = not practice
    session.save()
    trials_lay_down(session, design.plan(session.seed, index=index, **about), attempt=0)
    trials_lay_down(session, practice, attempt=1)
    return session, token


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
            unit=units[trial.unit],
            batch=trial.batch,
            images={place: ids[image.digest, image.name] for place, image in trial.images.items()},
            correct_choice=trial.correct,
        )
        for position, trial in enumerate(planned)
    )


def session_served(session: Session) -> None:
    """Note when the plan was first sent."""
    Session.objects.filter(id=session.id, served_at=None).update(served_at=timezone.now())


def instructions_finish(session: Session, *, duration: float) -> None:
    """The participant left the last page of instructions; only the first time counts."""
    Session.objects.filter(id=session.id, instruction_time=None).update(instruction_time=duration)


def response_record(session: Session, trial: Trial, answer: Mapping[str, Any]) -> Response:
    """Store the answer to a trial, once; the same answer sent again finds itself.

    Raises:
        InputError: The choice is not one of this task's.
        Conflict: The trial has another answer, or it is not its turn.
    """
    choices = CHOICES[study_design(session.study).TASK]
    remedy = f"Choose one of {', '.join(choices)}"
    require(answer["choice"] in choices, "choice", f"{answer['choice']!r} is not an answer here", remedy)
    earlier = getattr(trial, "response", None)
    if earlier is None:
        _require_turn(session, trial)
        try:
            with transaction.atomic():
                return Response.objects.create(trial=trial, correct=answer["choice"] == trial.correct_choice, **answer)
        except IntegrityError:
            earlier = Response.objects.get(trial=trial)
    if any(getattr(earlier, field) != answer[field] for field in ("key", "choice", "confidence")):
        message = "this trial has been answered, with another answer"
        raise Conflict(InputError(field="trial", message=message, remedy="Go on with the next trial; the first answer stands"))
    return earlier


def _require_turn(session: Session, trial: Trial) -> None:
    phase = session_phase(session)
    is_turn = (phase == "practice" and trial.kind == "practice" and trial.attempt == session.attempt) or (
        phase == "main" and trial.kind in ("main", "catch")
    )
    if not is_turn:
        message = f"a {'practice' if trial.kind == 'practice' else 'main'} trial cannot be answered in this phase"
        raise Conflict(InputError(field="trial", message=message, remedy="Reload the page; it goes on where you are"))


@transaction.atomic
def practice_judge(session: Session) -> bool:
    """Whether practice is passed: all of the attempt right. A wrong answer brings a fresh draw; a missing one changes nothing."""
    session = Session.objects.select_for_update(of=("self",)).select_related("study", "condition").get(id=session.id)
    if session.practice_passed:
        return True
    answers = list(session.trials.filter(kind="practice", attempt=session.attempt).values_list("response__correct", flat=True))
    if None in answers:
        return False
    if all(answers):
        session.practice_passed = True
        session.save(update_fields=["practice_passed"])
        return True
    session.attempt += 1
    session.save(update_fields=["attempt"])
    study = session.study
    practice = study_design(study).practice(
        session.seed,
        attempt=session.attempt,
        condition=session.condition.name,
        units=study.unit_addresses,
        settings=study_settings(study),
        sets=study_manifests(study),
    )
    trials_lay_down(session, practice, attempt=session.attempt)
    return False


@transaction.atomic
def session_finish(session: Session) -> str:
    """The completion code, released only when every required answer is stored.

    Raises:
        Conflict: Answers are missing; the body lists their trials in `missing`.
    """
    session = Session.objects.select_for_update(of=("self",)).get(id=session.id)
    required = session.trials.filter(kind__in=("main", "catch"))
    missing = [str(pk) for pk in required.filter(response=None).order_by("position").values_list("id", flat=True)]
    if missing or not session.practice_passed:
        message = f"{len(missing)} answers are missing" if missing else "practice is not passed"
        raise Conflict(InputError(field="trials", message=message, remedy="Answer the missing trials first"), missing=missing)
    if session.state != Session.State.FINISHED:
        session.state, session.finished_at = Session.State.FINISHED, timezone.now()
        session.completion_code = "".join(secrets.choice(CODE_ALPHABET) for _ in range(8))
        session.save()
    return session.completion_code
