"""Writes of studies: draft, start, create, redraft, copy. What defines the trials is fixed once somebody has begun."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone

from experiments import registry
from experiments.contract.designs import LANGUAGES, Subject
from experiments.contract.errors import InputError
from experiments.contract.fields import build, require, require_range
from model_zoo.address import UnitAddress
from model_zoo.catalogue import aggregation_of, check_unit
from webapp.api_errors import Conflict
from webapp.participants.models import ConsentText, Recruitment
from webapp.studies.models import Condition, Study, Unit
from webapp.studies.preparation import study_prepare
from webapp.studies.services.quality import published_rules, rule_set_create
from webapp.studies.services.rules_lock import rules_take

NAME = re.compile(r"[A-Za-z0-9_-]{1,60}")


@dataclass(frozen=True, kw_only=True)
class StudyPlan:
    """Everything that somebody decides about a study; empty `conditions` and `title` are the design's own."""

    name: str
    paper: str
    units: Sequence[str] = ()
    """None where the paper's design asks about images."""
    conditions: Sequence[str] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    title: str = ""
    notice: str = ""
    thanks: str = ""
    contact: str = ""
    languages: Sequence[str] = ("en",)
    allocation: str = Study.Allocation.BALANCED
    lease_minutes: int = 60
    erasure: str = Study.Erasure.DELETE
    personal_ids_until: date | None = None
    answers_until: date | None = None


DATES = ("personal_ids_until", "answers_until")
"""Not copied with a study: each has its own."""
COPIED = ("name", "paper", "title", "notice", "thanks", "contact", "allocation", "lease_minutes", "erasure")


@transaction.atomic
def study_draft(plan: StudyPlan, *, consent: ConsentText, recruitment: Recruitment | None = None) -> Study:
    """A study that has been planned but not started: nothing is requested yet.

    Raises:
        InputError: Paper, unit, condition, setting, language or name is unknown, unfit or taken.
    """
    require_free_name(plan.name)
    checked = _checked(plan)
    study = Study(state=Study.State.DRAFT, consent=consent, recruitment=recruitment)
    _write(study, plan, checked)
    return study


def study_create(plan: StudyPlan, *, consent: ConsentText, recruitment: Recruitment | None = None) -> Study:
    """Draft a study and start it.

    Raises:
        InputError: As for `study_draft`.
    """
    return study_start(study_draft(plan, consent=consent, recruitment=recruitment))


def study_start(study: Study) -> Study:
    """Request the stimuli of a study; it opens when they are all there.

    Raises:
        InputError: As for `study_prepare`.
    """
    study_prepare(study)
    study.refresh_from_db()
    return study


@transaction.atomic
def study_redraft(study: Study, plan: StudyPlan, *, consent: ConsentText, recruitment: Recruitment | None) -> Study:
    """Change a study that nobody has begun; it is a draft again.

    Raises:
        Conflict: Somebody has begun it.
        InputError: As for `study_draft`.
    """
    rules_take(study)
    study = Study.objects.get(id=study.id)
    if study.is_frozen or study.state == Study.State.IMPORTED:
        message = "people have taken part in it, so that its design stays as it is"
        raise Conflict(InputError(field="study", message=message, remedy="Make a new version of it and change that"))
    if plan.name != study.name:
        require_free_name(plan.name)
    # Before anything goes: the mark that a session was erased stays when the rest is rolled back.
    checked = _checked(plan)
    # Previews and bots have tried what will no longer be.
    study.sessions.all().delete()
    study.artifacts.all().delete()
    study.images.all().delete()
    study.conditions.all().delete()
    study.quality_rule_sets.all().delete()
    study.state, study.error, study.consent, study.recruitment = Study.State.DRAFT, None, consent, recruitment
    _write(study, plan, checked)
    return study


@transaction.atomic
def study_copy(study: Study, *, name: str, version: int = 1) -> Study:
    """A draft with the same plan: a clone, or with a `version` above 1 the successor of a study that has responses.

    Recruitment is not copied: a study at a recruiter belongs to one study here.

    Raises:
        InputError: The name is taken, or the study was run elsewhere.
    """
    imported = study.state == Study.State.IMPORTED
    require(not imported, "study", "an imported study has no design of ours", "Make a new study")
    copied = study_draft(_plan(study, name=name), consent=study.consent)
    copied.origin, copied.version = study, version
    copied.save(update_fields=["origin", "version"])
    return copied


def study_version(study: Study) -> Study:
    """The next version of a study, as a draft called `<name>-v<number>`."""
    version = study.version + 1
    stem = re.sub(r"-v\d+$", "", study.name)
    while Study.objects.filter(name=f"{stem}-v{version}").exists():
        version += 1
    return study_copy(study, name=f"{stem}-v{version}", version=version)


def require_free_name(name: str) -> None:
    """Raise InputError unless a study may be called `name`."""
    require(NAME.fullmatch(name) is not None, "name", f"{name!r} is no short name", "Use 1 to 60 letters, digits, '-' or '_'")
    require(not Study.objects.filter(name=name).exists(), "name", f"there is a study {name!r} already", "Choose another name")


def dates_check(dates: Mapping[str, date | None], *, today: date, promised: Study | None = None) -> None:
    """Refuse dates of erasure that are over, or later than what a study has promised to people who agreed.

    Raises:
        InputError: One of the dates is.
    """
    for name, until in dates.items():
        before = getattr(promised, name) if promised else None
        if until == before:
            continue
        remedy = "Choose today or a later day; what is to go now is erased in the admin, session by session"
        require(until is None or until >= today, name, f"{until} is over", remedy)
        is_kept = before is None or promised is None or not promised.is_frozen or (until is not None and until < before)
        require(is_kept, name, f"participants were promised {before}", "Choose an earlier day, or leave it")


def unit_get_or_create(address: UnitAddress) -> Unit:
    """The row of a checked unit address."""
    parts = {"model": address.model, "layer": address.layer, "channel": address.channel}
    unit, _ = Unit.objects.get_or_create(address=str(address), defaults=parts)
    return unit


Checked = tuple[list[UnitAddress], Sequence[str], Any]
"""The units, conditions and settings of a plan."""


def plan_check(plan: StudyPlan) -> Checked:
    """The units, conditions and settings of a plan, each checked.

    Raises:
        InputError: One of them is unknown or unfit.
    """
    design = registry.design(plan.paper)
    settings = build(design.Settings, plan.settings)
    conditions = plan.conditions or design.DEFAULT_CONDITIONS
    for condition in conditions:
        remedy = f"Choose among {', '.join(design.CONDITIONS)}"
        require(condition in design.CONDITIONS, "conditions", f"{condition!r} is unknown to {plan.paper}", remedy)
    require(len(set(conditions)) == len(conditions), "conditions", "a condition is given twice", "Give each condition once")
    require(bool(plan.languages), "languages", "there is none", f"Choose among {', '.join(LANGUAGES)}")
    for language in plan.languages:
        require(language in LANGUAGES, "languages", f"{language!r} is unknown", f"Choose among {', '.join(LANGUAGES)}")
    require_range(plan, "lease_minutes", 1, 7 * 24 * 60)
    require(plan.allocation in Study.Allocation.values, "allocation", f"{plan.allocation!r} is unknown", "Choose a policy")
    require(plan.erasure in Study.Erasure.values, "erasure", f"{plan.erasure!r} is unknown", "Choose a policy")
    adaptive = plan.allocation == Study.Allocation.ADAPTIVE
    told = "a session of this design has no choice of units, so that there is nothing to allocate"
    has_choice = design.ASKS_ABOUT == "units" and hasattr(settings, "main_trials")
    require(has_choice or not adaptive, "allocation", told, "Choose balanced allocation")
    addresses = _units_check(plan.units, asks_about=design.ASKS_ABOUT)
    design.stimulus_sets(units=[str(address) for address in addresses], conditions=conditions, settings=settings)
    return addresses, conditions, settings


def _units_check(units: Sequence[str], *, asks_about: Subject) -> list[UnitAddress]:
    """The units, each once; none where the design asks about images, which its settings choose."""
    if asks_about == "images":
        remedy = "Leave the units out; the settings choose the images"
        require(not units, "units", "this design asks about images, not about units", remedy)
        return []
    require(bool(units), "units", "a study without units asks nothing", "Give at least one unit address")
    parsed = [UnitAddress.parse(unit) for unit in units]
    addresses = [check_unit(address, aggregation=aggregation_of(address)) for address in parsed]
    repeated = len({str(address) for address in addresses}) < len(addresses)
    require(not repeated, "units", "a unit is given twice", "Give each unit once")
    return addresses


def _checked(plan: StudyPlan) -> Checked:
    dates_check({name: getattr(plan, name) for name in DATES}, today=timezone.now().date())
    return plan_check(plan)


def _write(study: Study, plan: StudyPlan, checked: Checked) -> None:
    addresses, conditions, settings = checked
    for name in (*COPIED, *DATES):
        setattr(study, name, getattr(plan, name))
    study.title = plan.title or registry.design(plan.paper).TITLE
    study.languages, study.settings = list(plan.languages), asdict(settings)
    study.save()
    study.units.set([unit_get_or_create(address) for address in addresses])
    Condition.objects.bulk_create([Condition(study=study, name=condition) for condition in conditions])
    rule_set_create(study, published_rules(study))


def _plan(study: Study, *, name: str) -> StudyPlan:
    copied = {field: getattr(study, field) for field in COPIED}
    return StudyPlan(
        **{**copied, "name": name},
        units=study.unit_addresses,
        conditions=[condition.name for condition in study.conditions.order_by("id")],
        settings=study.settings,
        languages=study.languages,
    )
