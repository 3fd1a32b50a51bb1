"""Which units a session asks about: all of its model's, or with adaptive allocation those whose scores are least certain."""

from collections import defaultdict

from django.db.models import Count, Q
from django.utils import timezone

from experiments.contract.allocation import UnitCount, choose_units
from webapp.studies.models import Session, Study, Trial
from webapp.studies.selectors import session_units, study_settings


def units_chosen(session: Session) -> list[str]:
    """The units of a new session; with adaptive allocation as many as it has main trials.

    The caller holds the lock on the study's row, so that sessions that start together see one another's trials.
    """
    units = session_units(session)
    if session.study.allocation == Study.Allocation.BALANCED:
        return units
    counts = unit_counts(session, units)
    return choose_units(counts, wanted=study_settings(session.study).main_trials, seed=session.seed)


def unit_counts(session: Session, units: list[str]) -> dict[str, UnitCount]:
    """What sessions that count, or may still count, say of each unit in the condition and cohort of this one."""
    others = Trial.objects.filter(
        ~Q(session__passed_checks=False),
        session__study=session.study,
        session__condition=session.condition,
        session__kind=session.kind,
        session__cohort=session.cohort,
        kind="main",
    )
    under_way = Q(session__state=Session.State.RUNNING, session__lease_until__gt=timezone.now())
    counted = Q(session__state=Session.State.FINISHED) | under_way
    numbers: dict[str, dict[str, int]] = defaultdict(dict)
    rows = (
        others.filter(counted)
        .values("unit__address")
        .annotate(
            right=Count("id", filter=Q(response__correct=True)),
            answered=Count("response"),
            pending=Count("id", filter=Q(response=None)),
        )
    )
    for row in rows:
        numbers[row["unit__address"]] = {name: row[name] for name in ("right", "answered", "pending")}
    return {unit: UnitCount(**numbers[unit]) for unit in units}
