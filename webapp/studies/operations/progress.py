"""What researchers watch while a study runs: how far people come, who is stuck, what fails, what is free. Reads only.

The number of queries does not grow with the sessions, but their time does: figures of all sessions are kept for a while. What it
costs and what the GPU workers do: `resources`.
"""

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Any
from uuid import UUID

from django.core.cache import caches
from django.db.models import Count, Max, Q, QuerySet
from django.db.models.functions import Coalesce, Greatest
from django.utils import timezone

from experiments.contract.quality import QualityRule
from webapp.participants.models import Participant
from webapp.studies.assignment import CellCounts, study_cells
from webapp.studies.models import QualityRuleSet, QualityVerdict, Session, Study
from webapp.studies.quality.judging import SessionFacts, judge, sessions_facts
from webapp.studies.selectors import rules_by_condition, session_phase

# Whom the page may show: kind of session and cohort.
GROUPS: Mapping[str, tuple[str, str]] = {
    "people": (Participant.Kind.LIVE, Session.Cohort.CROWD),
    "experts": (Participant.Kind.LIVE, Session.Cohort.EXPERT),
    "simulated": (Participant.Kind.BOT, Session.Cohort.CROWD),
    "pilots": (Participant.Kind.PILOT, Session.Cohort.CROWD),
    "previews": (Participant.Kind.PREVIEW, Session.Cohort.CROWD),
}
# From the start to a session that counts, each step for those who came as far as the one before. Of rows of `_with_answers`.
STEPS: Sequence[tuple[str, Callable[[Any], bool]]] = (
    ("left the instructions", lambda row: row.instruction_time is not None),
    ("passed practice", lambda row: row.practice_passed),
    ("answered half", lambda row: 0 < row.required <= 2 * row.answered),
    ("finished", lambda row: row.state == Session.State.FINISHED),
    ("passed all checks", lambda row: bool(row.passed_checks)),
)
ENDED = (Session.State.EXPIRED, Session.State.RETURNED, Session.State.WITHDRAWN)
SILENT_SHOWN = 50
REFRESH_SECONDS = 10
RESTS = 10
"""Figures are kept for so many times what they took, so that no number of open pages takes more than a tenth of a processor."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """How many sessions came as far as this, and how many went no further than the step before."""

    name: str
    count: int
    lost: int


@dataclass(frozen=True, kw_only=True)
class Running:
    """A running session, and when its browser was last heard of."""

    session: Session
    place: str
    heard_at: datetime


@dataclass(frozen=True, kw_only=True)
class RuleCounts:
    """How the sessions of a group fare by one rule; those under way are judged as far as they have come."""

    name: str
    passed: int
    unjudged: int
    """Passed for want of anything to judge, such as practice."""
    failed: int
    failing: int

    @property
    def judged(self) -> int:
        """Finished sessions that it has judged or could not."""
        return self.passed + self.unjudged + self.failed


@dataclass(frozen=True, kw_only=True)
class Places:
    """The tasks of a condition and model."""

    cell: CellCounts
    done: int
    under_way: int
    free: int


def study_operations(study: Study, *, group: str, silent_minutes: int) -> dict[str, Any]:
    """All of the page that is about the sessions of one of `GROUPS`."""
    kind, cohort = GROUPS[group]
    figures = _figures_kept(study, group=group)
    since = timezone.now() - timedelta(minutes=silent_minutes)
    silent = [one for one in figures["running"] if one.heard_at < since]
    return {
        **figures,
        "erased": study.erased_sessions,
        "silent": silent[:SILENT_SHOWN],
        "silent_count": len(silent),
        # By what they say here the buttons of a condition change.
        "places": [_places(cell) for cell in study_cells(study, kind=kind, cohort=cohort)],
    }


def _figures_kept(study: Study, *, group: str) -> dict[str, Any]:
    """The figures of a group, made at most as often as the page looks again, and less often if they take long."""
    kept, key = caches["operations"], f"{study.id}/{group}"
    figures: dict[str, Any] | None = kept.get(key)
    if figures is None:
        began = time.monotonic()
        figures = _figures(study, group=group)
        kept.set(key, figures, max(REFRESH_SECONDS, RESTS * (time.monotonic() - began)))
    return figures


def _figures(study: Study, *, group: str) -> dict[str, Any]:
    """What is counted over all sessions of a group and all their answers."""
    kind, cohort = GROUPS[group]
    as_of = timezone.now()
    sessions = study.sessions.filter(kind=kind, cohort=cohort)
    rows = list(_with_answers(sessions))
    facts = sessions_facts(study, sessions)
    rule_set = study.quality_rule_sets.order_by("-version").first()
    catch_answered = sum(of_one.catch_answered for of_one in facts.values())
    over = [facts[session.id] for session in rows if session.state == Session.State.FINISHED]
    return {
        "as_of": as_of,
        "steps": _steps(rows),
        "ended": {state.label: sum(session.state == state for session in rows) for state in ENDED},
        "running": _running(rows),
        "rule_set": rule_set,
        "rules": _rules(rule_set, sessions, rows, facts) if rule_set else [],
        "catch_answered": catch_answered,
        "catch_right": sum(of_one.catch_right for of_one in facts.values()),
        "instruction_seconds": _median([of_one.instruction_time for of_one in facts.values()]),
        "total_seconds": _median([of_one.total_time for of_one in over]),
    }


def _with_answers(sessions: QuerySet[Session]) -> QuerySet[Session, Any]:
    """Sessions with the numbers of their required trials and of the answers to them; longest unheard of first."""
    required = Q(trials__attempt=0) & ~Q(trials__kind="example")
    return (
        sessions.select_related("condition")
        .annotate(
            required=Count("trials", filter=required),
            answered=Count("trials__response", filter=required),
            heard_at=Greatest(Coalesce(Max("trials__response__answered_at"), "created_at"), Coalesce("seen_at", "created_at")),
        )
        .order_by("heard_at")
    )


def _steps(rows: Sequence[Any]) -> list[Step]:
    steps = [Step(name="started", count=len(rows), lost=0)]
    for name, came_so_far in STEPS:
        rows = [row for row in rows if came_so_far(row)]
        steps.append(Step(name=name, count=len(rows), lost=steps[-1].count - len(rows)))
    return steps


def _running(rows: Sequence[Any]) -> list[Running]:
    running = [row for row in rows if row.state == Session.State.RUNNING]
    return [Running(session=row, place=_place(row), heard_at=row.heard_at) for row in running]


def _place(row: Any) -> str:
    phase = session_phase(row)
    if phase == "practice":
        return f"practice, attempt {row.attempt}"
    if phase != "main":
        return phase
    return f"trial {row.answered + 1} of {row.required}" if row.answered < row.required else "all answered, not handed in"


def _rules(
    rule_set: QualityRuleSet, sessions: QuerySet[Session], rows: Sequence[Session], facts: Mapping[UUID, SessionFacts]
) -> list[RuleCounts]:
    """For each rule the stored verdicts on finished sessions, and how those under way fare."""
    rules = rules_by_condition(rule_set)
    running = [row for row in rows if row.state == Session.State.RUNNING]
    judged = [verdict for row in running for verdict in judge(rules.get(row.condition.name, ()), facts[row.id])]
    failing: Counter[str] = Counter(verdict.rule.name for verdict in judged if not verdict.passed)
    finished = sessions.filter(state=Session.State.FINISHED)
    stored = (
        QualityVerdict.objects.filter(rule_set=rule_set, session__in=finished)
        .values_list("rule")
        .annotate(
            good=Count("id", filter=Q(passed=True, value__isnull=False)),
            unjudged=Count("id", filter=Q(value=None)),
            bad=Count("id", filter=Q(passed=False)),
        )
        .order_by()
    )
    counts = {name: tuple(of_rule) for name, *of_rule in stored}
    found = []
    for name in _names(rules):
        passed, unjudged, failed = counts.get(name, (0, 0, 0))
        found.append(RuleCounts(name=name, passed=passed, unjudged=unjudged, failed=failed, failing=failing[name]))
    return found


def _names(rules: Mapping[str, Sequence[QualityRule]]) -> list[str]:
    """Each rule once, in the order in which conditions name them."""
    return list(dict.fromkeys(rule.name for of_condition in rules.values() for rule in of_condition))


def _places(cell: CellCounts) -> Places:
    undone, free = len(cell.undone), len(cell.free)
    return Places(cell=cell, done=cell.tasks - undone, under_way=undone - free, free=free)


def _median(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return median(known) if known else None
