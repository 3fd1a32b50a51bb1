"""Acknowledged answers per second over HTTP; the database waits for the disk, and the participants share the machine."""

import asyncio
import time
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from tests.benchmarks.acknowledged import not_as_sent
from tests.benchmarks.cpu import told
from tests.benchmarks.participants import EVERY_SECONDS, Record, never_pausing, paced
from tests.benchmarks.servers import DATABASES, WORKERS, Site, site

TARGET = {"PostgreSQL": 300.0, "SQLite": 150.0}
"""Answers per second, for two cores that the server shares with the participants."""
TARGET_MS = 150.0
"""Of the p95, on PostgreSQL."""
NEVER_PAUSING = (8, 16, 24, 32)
"""So many at once. How long they wait is, on average, their number over the answers per second."""
GIVEN_UP_MS = 1000.0
"""Of the p95: whoever waits so long waits for all before them."""
PACED = (400, 800, 1000, 1200)
"""So many at once, one after the other until they wait too long. Each answers every `EVERY_SECONDS` on average."""
SECONDS, SECONDS_PACED = 6.0, 8.0
SESSIONS = 100
"""For each number of people who never pause."""
PEOPLE_PER_SESSION = 12
"""Its answers are enough for so many who pause."""


@dataclass(frozen=True, kw_only=True)
class Point:
    """What so many people saw, and what an answer cost in CPU time."""

    people: int
    record: Record
    cpu: str

    @property
    def p95(self) -> float:
        """In ms."""
        return self.record.percentile_ms(95)

    def __str__(self) -> str:
        p50, p95, p99 = (self.record.percentile_ms(percent) for percent in (50, 95, 99))
        errors = f", errors {dict(self.record.errors)}" if self.record.errors else ""
        return f"{self.people} people {self.record.per_second:.0f}/s, p50 {p50:.0f}, p95 {p95:.0f}, p99 {p99:.0f} ms{errors}"


def run() -> list[dict[str, Any]]:
    """A row for each database, and two on PostgreSQL: the p95 of its point, and at what rate people who pause are served."""
    return [row for database in DATABASES for row in _rows(database)]


def _rows(database: str) -> list[dict[str, Any]]:
    """The point with the most answers per second whose p95 is within its target, if there is one.

    `equal` counts errors, and acknowledged answers that are not in the export exactly once, as sent.
    """
    pausing = PACED if database == "PostgreSQL" else ()
    count = SESSIONS * len(NEVER_PAUSING) + sum(people // PEOPLE_PER_SESSION for people in pausing)
    with site("people", count=count, database=database) as running:
        sessions = iter(running.prepared["sessions"])
        curve = [at_once(running, islice(sessions, SESSIONS), people=people, seconds=SECONDS) for people in NEVER_PAUSING]
        held, steps = _held(running, sessions, pausing)
        shared = as_sent(running, [*curve, *steps])
    best = max(curve, key=lambda point: (point.p95 < TARGET_MS, point.record.per_second))
    name = f"answers_per_second{DATABASES[database]}"
    measured = {
        "name": name,
        "ours": best.record.per_second,
        "reference": TARGET[database],
        "ratio": best.record.per_second / TARGET[database],
        "unit": "answers/s",
        **shared,
        "detail": f"{best}, who never pause, in the same machine; {best.cpu}; others: "
        f"{'; '.join(str(point) for point in curve if point is not best)}; "
        f"gunicorn with {WORKERS} workers, {database} that waits for the disk",
    }
    if not pausing:
        return [measured]
    p95 = {"name": "answers_p95", "ours": best.p95, "reference": TARGET_MS, "ratio": TARGET_MS / best.p95, "unit": "ms"}
    rate = {"name": "answers_per_second_paced", "ours": held, "reference": TARGET[database], "ratio": held / TARGET[database]}
    told_p95 = f"of {len(best.record.waits)} answers of {best.people} people who never pause, as in {name}"
    told_rate = (
        f"holds to {held:.0f} answers/s with p95 under {TARGET_MS:.0f} ms from when an answer was due; people who answer every "
        f"{EVERY_SECONDS:.0f} s: {'; '.join(map(str, steps))}; {steps[-1].cpu}"
    )
    return [measured, {**p95, **shared, "detail": told_p95}, {**rate, "unit": "answers/s", **shared, "detail": told_rate}]


def _held(running: Site, sessions: Iterator[dict[str, Any]], pausing: tuple[int, ...]) -> tuple[float, list[Point]]:
    """The most answers per second that people ask for and are served in time, and all that was tried until they wait in vain."""
    steps: list[Point] = []
    for people in pausing:
        share = [*islice(sessions, people // PEOPLE_PER_SESSION)]
        steps.append(_point(running, people, paced(running, share, people=people, seconds=SECONDS_PACED)))
        if steps[-1].p95 >= GIVEN_UP_MS:
            break
    served = [step.people for step in steps if step.p95 < TARGET_MS]
    return max(served, default=0) / EVERY_SECONDS, steps


def at_once(running: Site, sessions: Iterator[dict[str, Any]], *, people: int, seconds: float) -> Point:
    """People who never pause."""
    return _point(running, people, never_pausing(running, sessions, people=people, seconds=seconds))


def as_sent(running: Site, points: list[Point]) -> dict[str, Any]:
    """What rows share: the server's peak of memory, and how many answers are wrong or were refused."""
    peak = running.memory_mib("VmHWM")
    acknowledged = {trial: answer for point in points for trial, answer in point.record.acknowledged.items()}
    lost = not_as_sent(acknowledged, running.responses(running.prepared["study"]))
    errors = sum(point.record.errors.total() for point in points)
    return {"peak_mib": peak, "equal": lost + errors}


def _point(running: Site, people: int, taking_part: Coroutine[Any, Any, Record]) -> Point:
    before = {**running.cpu_seconds(), "participants": time.process_time()}
    record = asyncio.run(taking_part)
    after = {**running.cpu_seconds(), "participants": time.process_time()}
    return Point(people=people, record=record, cpu=told(before, after, answers=len(record.acknowledged)))
