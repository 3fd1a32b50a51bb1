"""Writes an imported study: sessions, trials and responses of a published table, all or none. Called by the command."""

import hashlib
import secrets
import uuid
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from itertools import count
from pathlib import Path

from django.db import transaction

from experiments import registry
from experiments.contract.designs import CHOICES
from experiments.contract.errors import InputError
from experiments.contract.fields import require
from webapp.participants.consent import IMPORTED
from webapp.participants.models import ConsentText, Participant
from webapp.studies.imports.mapping import ImportMapping
from webapp.studies.imports.rows import ImportedAnswer, read_rows
from webapp.studies.models import Condition, Response, Session, Study, Trial, Unit
from webapp.studies.services.study import require_free_name

ROWS_AT_ONCE = 2000
LONGEST_TITLE = 200
"""Characters, as many as the title of a study has."""
MAX_FILE = 256 << 20
"""Bytes; ten times what 130,000 rows of 200 bytes take."""


@transaction.atomic
def study_import(path: Path, *, mapping: ImportMapping, name: str, title: str = "", report: Callable[[int], object]) -> Study:
    """Make a read-only study of a published table; `report` is called with the number of rows written since the last call.

    Raises:
        InputError: The name is taken, or the table does not fit the mapping. Nothing is written then.
    """
    require_free_name(name)
    content = _content(path)
    sessions = answers_by_session(read_rows(content, mapping))
    require(bool(sessions), "file", "it has no rows", "Give a table of responses")
    require(len(title) <= LONGEST_TITLE, "title", f"it has {len(title)} characters", f"Give at most {LONGEST_TITLE}")
    consent, _ = ConsentText.objects.get_or_create(
        version=IMPORTED, language="en", defaults={"title": "Consent", "body": "Consent was given where the study was run."}
    )
    source = {"file": path.name, "sha256": hashlib.sha256(content).hexdigest(), "mapping": mapping.name}
    design = registry.design(mapping.paper)
    told = "its design asks about images, and answers about images cannot be imported"
    require(design.ASKS_ABOUT == "units", "paper", told, "Name a paper whose design asks about units")
    study = Study.objects.create(
        name=name,
        paper=mapping.paper,
        title=title or f"{design.TITLE} (imported)",
        consent=consent,
        state=Study.State.IMPORTED,
        source=source,
    )
    units = _units(study, sessions)
    conditions = {
        name: Condition.objects.create(study=study, name=name) for name in sorted({_condition(s) for s in sessions.values()})
    }
    for key, answers in sessions.items():
        session = _session(study, key, answers, conditions[_condition(answers)])
        _write(session, answers, units, CHOICES[design.TASK])
        report(len(answers))
    return study


def _content(path: Path) -> bytes:
    require(path.is_file(), "file", f"{path} is no file", "Name a CSV file")
    size = path.stat().st_size
    told = f"{path} has {size:,} bytes, and more than {MAX_FILE:,} are not read"
    require(size <= MAX_FILE, "file", told, "Import it in parts, each under a name of its own")
    return path.read_bytes()


def answers_by_session(answers: Iterable[ImportedAnswer]) -> dict[str, list[ImportedAnswer]]:
    """The answers of each session, in the order of the file."""
    sessions: dict[str, list[ImportedAnswer]] = defaultdict(list)
    for answer in answers:
        sessions[answer.session].append(answer)
    return dict(sessions)


def _condition(answers: Sequence[ImportedAnswer]) -> str:
    """The one condition of a session's rows.

    Raises:
        InputError: There is none, or more than one.
    """
    named = {answer.condition for answer in answers if answer.condition}
    if len(named) != 1:
        told = f"has the conditions {', '.join(sorted(named))}" if named else "has no condition"
        remedy = "Name the columns that tell sessions apart in `session` of the mapping"
        raise InputError(field="condition", message=f"session {answers[0].session!r} {told}", remedy=remedy)
    return named.pop()


def _units(study: Study, sessions: dict[str, list[ImportedAnswer]]) -> dict[str, Unit]:
    """The units of the table; those of catch and practice trials are stored too, but the study does not ask about them."""
    addresses = {str(answer.unit): answer.unit for answers in sessions.values() for answer in answers}
    asked = {str(answer.unit) for answers in sessions.values() for answer in answers if answer.trial_kind == "main"}
    known = Unit.objects.in_bulk(list(addresses), field_name="address")
    fresh = [
        Unit(address=text, model=address.model, layer=address.layer, channel=address.channel)
        for text, address in addresses.items()
        if text not in known
    ]
    Unit.objects.bulk_create(fresh, batch_size=500)
    units = Unit.objects.in_bulk(list(addresses), field_name="address")
    study.units.set([units[address] for address in asked])
    return units


def _session(study: Study, key: str, answers: Sequence[ImportedAnswer], condition: Condition) -> Session:
    # The published id is hashed with a key that nobody keeps: it says nothing of the person, and is not needed again.
    digest = hashlib.sha256(f"{study.id}/{key}/{secrets.token_hex(16)}".encode()).hexdigest()
    participant = Participant.objects.create(kind=Participant.Kind.LIVE, recruiter="imported", external_id_hash=digest)
    models = Counter(answer.unit.model for answer in answers if answer.trial_kind == "main")
    verdicts = {answer.passed_checks for answer in answers}
    return Session.objects.create(
        study=study,
        condition=condition,
        participant=participant,
        kind=Participant.Kind.LIVE,
        cohort=answers[0].cohort,
        model=next(iter(models)) if len(models) == 1 else "",
        task_index=answers[0].task_index,
        seed=0,
        state=Session.State.FINISHED,
        token_sha256=digest,
        practice_passed=True,
        passed_checks=False if False in verdicts else True if True in verdicts else None,
    )


def _write(session: Session, answers: Sequence[ImportedAnswer], units: dict[str, Unit], choices: tuple[str, ...]) -> None:
    trials, responses = [], []
    for position, answer in zip(count(1), answers, strict=False):
        trial = Trial(
            session=session,
            kind=answer.trial_kind,
            position=position,
            block=answer.block,
            condition=answer.trial_condition or session.condition.name,
            unit=units[str(answer.unit)],
            batch=answer.batch,
            images={},
            correct_choice=_correct_choice(answer, choices),
        )
        trials.append(trial)
        responses.append(
            Response(
                trial=trial,
                key=uuid.uuid4(),
                choice=answer.choice,
                correct=answer.correct,
                confidence=answer.confidence,
                rating=answer.rating,
                rt=answer.rt,
                flags=answer.flags,
            )
        )
    Trial.objects.bulk_create(trials, batch_size=ROWS_AT_ONCE)
    Response.objects.bulk_create(responses, batch_size=ROWS_AT_ONCE)


def _correct_choice(answer: ImportedAnswer, choices: tuple[str, ...]) -> str:
    """The place of the right image; it follows from the choice and its being right."""
    if answer.correct is None or not answer.choice:
        return ""
    require(answer.choice in choices, "choice", f"{answer.choice!r} is not an answer here", f"Map it to {' or '.join(choices)}")
    other = choices[1 - choices.index(answer.choice)]
    return answer.choice if answer.correct else other
