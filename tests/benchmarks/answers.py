"""Acknowledged answers per second over HTTP; the database waits for the disk, and the participants share the machine."""

import asyncio
import statistics
import time
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from tests.benchmarks.acknowledged import not_as_sent
from tests.benchmarks.cpu import told
from tests.benchmarks.participants import EVERY_SECONDS, NEVER_PAUSING, PACED, Record, never_pausing, paced
from tests.benchmarks.servers import DATABASES, WORKERS, Site, site

SESSIONS, SESSIONS_PACED = 320, 180
"""Enough answers for either kind of participants."""
TARGET = {"PostgreSQL": 300.0, "SQLite": 150.0}
"""For two cores that the server shares with the participants."""
TARGET_MS = 150.0
"""Of the p95, on PostgreSQL."""

People = Callable[[Site, Sequence[dict[str, Any]]], Coroutine[Any, Any, Record]]


def run() -> list[dict[str, Any]]:
    """A row for each database, and two for the p95 on PostgreSQL: of people who never pause, and of people who do."""
    return [row for database in DATABASES for row in rows(database)]


def rows(database: str) -> list[dict[str, Any]]:
    """Answers per second, and their p95 where it has a target.

    `equal` counts errors, and acknowledged answers that are not in the export exactly once, as sent.
    """
    has_target = database == "PostgreSQL"
    with site("people", count=SESSIONS + SESSIONS_PACED * has_target, database=database) as running:
        sessions = running.prepared["sessions"]
        of_all, cpu = _answered(running, never_pausing, sessions[:SESSIONS])
        of_paced, cpu_paced = _answered(running, paced, sessions[SESSIONS:]) if has_target else (Record(), "")
        peak = running.memory_mib("VmHWM")
        acknowledged = of_all.acknowledged | of_paced.acknowledged
        lost = not_as_sent(acknowledged, running.responses(running.prepared["study"]))
    errors = of_all.errors + of_paced.errors
    shared = {"peak_mib": peak, "equal": lost + errors.total()}
    name = f"answers_per_second{DATABASES[database]}"
    measured = {
        "name": name,
        "ours": of_all.per_second,
        "reference": TARGET[database],
        "ratio": of_all.per_second / TARGET[database],
        "unit": "answers/s",
        **shared,
        "detail": f"{_percentiles(of_all)}; {errors.total()} errors {dict(errors) or ''}; {len(acknowledged)} acknowledged, "
        f"{lost} of them lost, doubled or changed; {NEVER_PAUSING} participants who never pause, in the same machine; {cpu}; "
        f"gunicorn with {WORKERS} workers, {database} that waits for the disk",
    }
    if not has_target:
        return [measured]
    those = f"of {len(of_all.waits)} answers, as in {name}: nobody pauses, so that it is participants over answers per second"
    pace = f"{PACED} participants who answer every {EVERY_SECONDS:.0f} s, late from when an answer was due"
    reached = f"{_percentiles(of_paced)}; {pace}: {of_paced.per_second:.0f} answers/s; {cpu_paced}"
    return [measured, _p95("answers_p95", of_all, shared, those), _p95("answers_p95_paced", of_paced, shared, reached)]


def _answered(
    running: Site,
    people: People,
    sessions: Sequence[dict[str, Any]],
) -> tuple[Record, str]:
    """What the people saw, and what an answer cost in CPU time."""
    before = {**running.cpu_seconds(), "participants": time.process_time()}
    record = asyncio.run(people(running, sessions))
    after = {**running.cpu_seconds(), "participants": time.process_time()}
    return record, told(before, after, answers=len(record.acknowledged))


def _percentile(record: Record, percent: int) -> float:
    """In ms."""
    return 1000 * statistics.quantiles(record.waits, n=100)[percent - 1]


def _percentiles(record: Record) -> str:
    p50, p95, p99 = (_percentile(record, percent) for percent in (50, 95, 99))
    return f"p50 {p50:.0f}, p95 {p95:.0f}, p99 {p99:.0f} ms"


def _p95(name: str, record: Record, shared: dict[str, Any], told: str) -> dict[str, Any]:
    p95 = _percentile(record, 95)
    detail = f"{told}; the reference is the target"
    return {"name": name, "ours": p95, "reference": TARGET_MS, "ratio": TARGET_MS / p95, "unit": "ms", **shared, "detail": detail}
