"""Writes of studies: create one, with all that it asks about; pause it, resume it, close it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from experiments import registry
from experiments.contract.fields import build, require
from model_zoo.address import UnitAddress
from model_zoo.catalogue import check_unit
from webapp.participants.models import ConsentText
from webapp.studies.models import Condition, Session, SessionEvent, Study, Unit
from webapp.studies.preparation import study_prepare
from webapp.studies.services.quality import published_rules, rule_set_create

NAME = re.compile(r"[A-Za-z0-9_-]{1,60}")


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
    conditions = conditions or design.DEFAULT_CONDITIONS
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
    rule_set_create(study, published_rules(study))
    study_prepare(study)
    study.refresh_from_db()
    return study


def unit_get_or_create(address: UnitAddress) -> Unit:
    """The row of a checked unit address."""
    parts = {"model": address.model, "layer": address.layer, "channel": address.channel}
    unit, _ = Unit.objects.get_or_create(address=str(address), defaults=parts)
    return unit


@transaction.atomic
def study_pause(study: Study) -> Study:
    """Let nobody begin or go on. Answers that arrive nevertheless are stored, and the clocks of those under way stand still.

    Raises:
        InputError: It is not open.
    """
    study = _locked(study, from_states=(Study.State.OPEN,), become="paused")
    study.state, study.paused_at = Study.State.PAUSED, timezone.now()
    study.save(update_fields=["state", "paused_at"])
    return study


@transaction.atomic
def study_resume(study: Study) -> Study:
    """Open a paused or closed study again; whoever had to wait has as much time left as before.

    Raises:
        InputError: It is neither paused nor closed.
    """
    study = _locked(study, from_states=(Study.State.PAUSED, Study.State.CLOSED), become="opened again")
    return _left_pause(study, Study.State.OPEN)


@transaction.atomic
def study_close(study: Study) -> Study:
    """Let nobody else begin; those who have begun may finish.

    Raises:
        InputError: It is neither open nor paused.
    """
    study = _locked(study, from_states=(Study.State.OPEN, Study.State.PAUSED), become="closed")
    return _left_pause(study, Study.State.CLOSED)


def condition_pause(condition: Condition) -> None:
    """Assign nobody else to a condition; those who are in it go on."""
    Condition.objects.filter(id=condition.id).update(is_paused=True)


def condition_resume(condition: Condition) -> None:
    """Assign people to a condition again."""
    Condition.objects.filter(id=condition.id).update(is_paused=False)


def _locked(study: Study, *, from_states: Sequence[str], become: str) -> Study:
    locked = Study.objects.select_for_update().get(id=study.id)
    remedy = f"Only what is {' or '.join(from_states)} can be {become}; load the page again"
    require(locked.state in from_states, "state", f"{locked.name} is {locked.state}", remedy)
    return locked


def _left_pause(study: Study, state: str) -> Study:
    """Give the study its new state; if it was paused, note for each session how long it waited, and move its lease."""
    now, paused_at = timezone.now(), study.paused_at
    if paused_at is not None:
        waited = study.sessions.filter(state__in=Session.UNFINISHED)
        SessionEvent.objects.bulk_create(
            SessionEvent(
                session=session,
                kind=SessionEvent.Kind.PAUSED,
                details={"seconds": (now - max(paused_at, session.served_at or now)).total_seconds()},
            )
            for session in waited
        )
        waited.update(lease_until=F("lease_until") + (now - paused_at))
    study.state, study.paused_at = state, None
    study.save(update_fields=["state", "paused_at"])
    return study
