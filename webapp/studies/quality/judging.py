"""What quality rules see of a session, and what each of them says of it; nothing is written here.

Called by `services.quality` when a session ends or is judged again, and by the operations page while it runs.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet, Sum
from django.utils import timezone

from experiments.contract.designs import CHOICES
from experiments.contract.quality import QualityName, QualityRule
from webapp.participants.models import Participant
from webapp.studies.models import Response, Session, SessionEvent, Study, Trial
from webapp.studies.selectors import study_design

COUNTED_KINDS = ("main", "catch")


@dataclass(frozen=True, kw_only=True)
class SessionFacts:
    """What the rules see of a session; None where it has nothing of the kind. Times in s."""

    is_over: bool
    catch_answered: int
    catch_right: int
    instruction_time: float | None
    """On the pages of text alone, by the browser's clock; None for simulated participants, who do not read."""
    total_time: float | None
    """By the server's clock, from the first sending of the plan, which follows the consent at once, to the end (so far).

    The time before consent is not in it, nor are pauses of the study. None for simulated participants, who do not wait.
    """
    side_counts: tuple[int, ...] | None
    """How often each of the two answers was given in main and catch trials."""
    practice_attempts: int | None
    participations: int | None
    """Sessions of this person in studies of this paper; None for simulated participants, who do not remember."""
    impossible_rt: int
    focus_losses: int


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What a rule says of a session; one that cannot be judged, for want of a value, has passed."""

    rule: QualityRule
    value: float | None
    passed: bool


# What each rule looks at; the definitions stand in `contract.quality`.
VALUES: Mapping[QualityName, Callable[[SessionFacts], float | None]] = {
    "catch_ratio": lambda facts: facts.catch_right / facts.catch_answered if facts.catch_answered else None,
    "instruction_time": lambda facts: facts.instruction_time,
    "total_time": lambda facts: facts.total_time,
    "side_variability": lambda facts: min(facts.side_counts) if facts.side_counts else None,
    "practice_attempts": lambda facts: facts.practice_attempts,
    "participations": lambda facts: facts.participations,
    "impossible_rt": lambda facts: facts.impossible_rt,
    "focus_losses": lambda facts: facts.focus_losses,
}
SETTLED: tuple[QualityName, ...] = ("catch_ratio", "instruction_time")
"""Judged by both ends at any time; every other value grows with the session and may reach its low end yet."""


def judge(rules: Sequence[QualityRule], facts: SessionFacts) -> list[Verdict]:
    """What the rules say of a session, of a running one as far as it has come."""
    values = [(rule, VALUES[rule.name](facts)) for rule in rules]
    return [Verdict(rule=rule, value=value, passed=_passes(rule, value, is_over=facts.is_over)) for rule, value in values]


def _passes(rule: QualityRule, value: float | None, *, is_over: bool) -> bool:
    if value is None:
        return True
    return rule.passes(value) if is_over or rule.name in SETTLED else rule.high is None or value <= rule.high


def sessions_facts(study: Study, sessions: QuerySet[Session]) -> dict[UUID, SessionFacts]:
    """The facts of sessions of one study, in five queries however many they are."""
    answers = _answers(sessions)
    paused = _paused_seconds(sessions)
    people = _participations(study, sessions)
    practiced = set(Trial.objects.filter(session__in=sessions, kind="practice").values_list("session_id", flat=True).distinct())
    choices = CHOICES[study_design(study).TASK]
    until = study.paused_at or timezone.now()
    return {
        session.id: _facts(
            session,
            rows=answers.get(session.id, []),
            choices=choices,
            total_time=_total_time(session, until=until, paused=paused.get(session.id, 0.0)),
            has_practice=session.id in practiced,
            participations=people[session.participant.external_id_hash],
        )
        for session in sessions.select_related("participant")
    }


def _facts(
    session: Session,
    *,
    rows: Sequence[Mapping[str, Any]],
    choices: tuple[str, ...],
    total_time: float | None,
    has_practice: bool,
    participations: int,
) -> SessionFacts:
    """`rows`: the answers, counted by kind of trial and choice."""
    counted = [row for row in rows if row["trial__kind"] in COUNTED_KINDS]
    sides = tuple(sum(row["answers"] for row in counted if row["choice"] == choice) for choice in choices)
    catch = [row for row in rows if row["trial__kind"] == "catch"]
    is_simulated = session.kind == Participant.Kind.BOT
    return SessionFacts(
        is_over=session.state not in Session.UNFINISHED,
        catch_answered=sum(row["answers"] for row in catch),
        catch_right=sum(row["right"] for row in catch),
        instruction_time=None if is_simulated or session.instruction_time is None else session.instruction_time / 1000,
        total_time=None if is_simulated else total_time,
        side_counts=sides if counted else None,
        practice_attempts=session.attempt if has_practice else None,
        participations=None if is_simulated else participations,
        impossible_rt=sum(row["impossible"] for row in rows),
        focus_losses=sum(row["losses"] or 0 for row in rows if row["trial__kind"] == "main"),
    )


def _total_time(session: Session, *, until: datetime, paused: float) -> float | None:
    if session.served_at is None or (session.finished_at is None and session.state not in Session.UNFINISHED):
        return None
    return max(0.0, ((session.finished_at or until) - session.served_at).total_seconds() - paused)


def _answers(sessions: QuerySet[Session]) -> dict[UUID, list[Mapping[str, Any]]]:
    rows = (
        Response.objects.filter(trial__session__in=sessions)
        .values("trial__session_id", "trial__kind", "choice")
        .annotate(
            answers=Count("id"),
            right=Count("id", filter=Q(correct=True)),
            impossible=Count("id", filter=Q(flags__contains="rt_impossible")),
            losses=Sum("focus_losses"),
        )
        .order_by()
    )
    found: dict[UUID, list[Mapping[str, Any]]] = {}
    for row in rows:
        found.setdefault(row["trial__session_id"], []).append(row)
    return found


def _paused_seconds(sessions: QuerySet[Session]) -> dict[UUID, float]:
    """How long each session had to wait because its study was paused."""
    found: dict[UUID, float] = {}
    pauses = SessionEvent.objects.filter(session__in=sessions, kind=SessionEvent.Kind.PAUSED)
    for session_id, details in pauses.values_list("session_id", "details"):
        found[session_id] = found.get(session_id, 0.0) + details["seconds"]
    return found


def participations_renewed(
    study: Study, sessions: QuerySet[Session], *, facts: Mapping[UUID, SessionFacts]
) -> dict[UUID, SessionFacts]:
    """The facts of those that still are among the sessions, with what their people did since the facts were read."""
    people = _participations(study, sessions)
    known_as = sessions.values_list("id", "participant__external_id_hash")
    counts = {pk: None if facts[pk].participations is None else people[known] for pk, known in known_as}
    return {pk: replace(facts[pk], participations=count) for pk, count in counts.items()}


def _participations(study: Study, sessions: QuerySet[Session]) -> dict[str, int]:
    """By hash, so that whoever comes through two recruiters with one id is one person."""
    hashes = sessions.values("participant__external_id_hash")
    of_paper = Session.objects.filter(study__paper=study.paper, participant__external_id_hash__in=hashes)
    return dict(of_paper.values_list("participant__external_id_hash").annotate(Count("id")).order_by())
