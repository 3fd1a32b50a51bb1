"""Writes of studies: create one, with all that it asks about."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from django.db import transaction

from experiments import registry
from experiments.contract.fields import build, require
from model_zoo.address import UnitAddress
from model_zoo.catalogue import check_unit
from webapp.participants.models import ConsentText
from webapp.studies.models import Condition, Study, Unit
from webapp.studies.preparation import study_prepare

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
    require(bool(units), "units", "a study without units asks nothing", "Give at least one unit address")
    require_free_name(name)
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


def require_free_name(name: str) -> None:
    """Raise InputError unless a study may be called `name`."""
    require(NAME.fullmatch(name) is not None, "name", f"{name!r} is no short name", "Use 1 to 60 letters, digits, '-' or '_'")
    require(not Study.objects.filter(name=name).exists(), "name", f"there is a study {name!r} already", "Choose another name")


def unit_get_or_create(address: UnitAddress) -> Unit:
    """The row of a checked unit address."""
    parts = {"model": address.model, "layer": address.layer, "channel": address.channel}
    unit, _ = Unit.objects.get_or_create(address=str(address), defaults=parts)
    return unit
