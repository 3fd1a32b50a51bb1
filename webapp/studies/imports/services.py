"""Writes an imported study: sessions, trials and responses of a published table, all or none. Called by the command."""

import hashlib
import secrets
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path

from django.db import transaction

from experiments import registry
from experiments.contract.designs import CHOICES
from experiments.contract.fields import require
from webapp.participants.consent import IMPORTED
from webapp.participants.models import ConsentText, Participant
from webapp.studies.imports.checked import CheckedSession, table_check
from webapp.studies.imports.mapping import ImportMapping
from webapp.studies.imports.rows import ImportedAnswer
from webapp.studies.models import Condition, Response, Session, Study, Trial, Unit
from webapp.studies.services.study import require_free_name

ROWS_AT_ONCE = 2000
LONGEST_TITLE = 200
"""Characters, as many as the title of a study has."""


def study_import(path: Path, *, mapping: ImportMapping, name: str, title: str = "", report: Callable[[int], object]) -> Study:
    """Make a read-only study of a published table; `report` is called with the number of rows written since the last call.

    The table is read and checked first: nobody else can write to SQLite while it is written down.

    Raises:
        InputError: The name is taken, or the table does not fit the mapping. Nothing is written then.
    """
    require_free_name(name)
    require(len(title) <= LONGEST_TITLE, "title", f"it has {len(title)} characters", f"Give at most {LONGEST_TITLE}")
    design = registry.design(mapping.paper)
    told = "its design asks about images, and answers about images cannot be imported"
    require(design.ASKS_ABOUT == "units", "paper", told, "Name a paper whose design asks about units")
    table = table_check(path, mapping, choices=CHOICES[design.TASK])
    with transaction.atomic():
        require_free_name(name)
        study = Study.objects.create(
            name=name,
            paper=mapping.paper,
            title=title or f"{design.TITLE} (imported)",
            consent=_consent(),
            state=Study.State.IMPORTED,
            source={"file": path.name, "sha256": table.sha256, "mapping": mapping.name},
        )
        units = _units(study, table.sessions)
        rows = _rows(_sessions(study, table.sessions), units=units, choices=CHOICES[design.TASK])
        while some := list(islice(rows, ROWS_AT_ONCE)):
            Trial.objects.bulk_create([response.trial for response in some])
            Response.objects.bulk_create(some)
            report(len(some))
    return study


def _consent() -> ConsentText:
    words = {"title": "Consent", "body": "Consent was given where the study was run."}
    return ConsentText.objects.get_or_create(version=IMPORTED, language="en", defaults=words)[0]


def _units(study: Study, sessions: Sequence[CheckedSession]) -> dict[str, Unit]:
    """The units of the table; those of catch and practice trials are stored too, but the study does not ask about them."""
    addresses = {str(answer.unit): answer.unit for session in sessions for answer in session.answers}
    asked = {str(answer.unit) for session in sessions for answer in session.answers if answer.trial_kind == "main"}
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


def _sessions(study: Study, checked: Sequence[CheckedSession]) -> list[tuple[Session, Sequence[ImportedAnswer]]]:
    """The sessions with their conditions and people, each beside its answers."""
    names = sorted({session.condition for session in checked})
    conditions = {name: Condition.objects.create(study=study, name=name) for name in names}
    sessions = [_session(study, session, conditions[session.condition]) for session in checked]
    Participant.objects.bulk_create([session.participant for session in sessions], batch_size=ROWS_AT_ONCE)
    Session.objects.bulk_create(sessions, batch_size=ROWS_AT_ONCE)
    return list(zip(sessions, (session.answers for session in checked), strict=True))


def _session(study: Study, checked: CheckedSession, condition: Condition) -> Session:
    answers = checked.answers
    # The published id is hashed with a key that nobody keeps: it says nothing of the person, and is not needed again.
    digest = hashlib.sha256(f"{study.id}/{checked.key}/{secrets.token_hex(16)}".encode()).hexdigest()
    models = Counter(answer.unit.model for answer in answers if answer.trial_kind == "main")
    verdicts = {answer.passed_checks for answer in answers}
    return Session(
        study=study,
        condition=condition,
        participant=Participant(kind=Participant.Kind.LIVE, recruiter="imported", external_id_hash=digest),
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


def _rows(
    sessions: Sequence[tuple[Session, Sequence[ImportedAnswer]]], *, units: Mapping[str, Unit], choices: tuple[str, ...]
) -> Iterator[Response]:
    """The responses, each to a trial of its own, as they are wanted."""
    for session, answers in sessions:
        for position, answer in enumerate(answers, start=1):
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
            yield Response(
                trial=trial,
                key=uuid.uuid4(),
                choice=answer.choice,
                correct=answer.correct,
                confidence=answer.confidence,
                rating=answer.rating,
                rt=answer.rt,
                flags=answer.flags,
            )


def _correct_choice(answer: ImportedAnswer, choices: tuple[str, ...]) -> str:
    """The place of the right image; it follows from the choice and its being right."""
    if answer.correct is None or not answer.choice:
        return ""
    other = choices[1 - choices.index(answer.choice)]
    return answer.choice if answer.correct else other
