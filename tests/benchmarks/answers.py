"""Acknowledged answers per second over HTTP; the database waits for the disk, and the participants share the machine."""

import asyncio
import json
import statistics
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from tests.benchmarks.acknowledged import not_as_sent
from tests.benchmarks.servers import DATABASES, WORKERS, Site, site

PEOPLE = 32
"""At once, and they never pause: at 300 answers per second they do what 1,200 people do who answer every 4 s."""
SESSIONS = 320
SECONDS = 20.0
WARM_SECONDS = 2.0
TARGET = {"PostgreSQL": 300.0, "SQLite": 150.0}
"""For two cores that the server shares with the participants."""
TARGET_MS = {"PostgreSQL": 150.0}
"""Of the p95."""
CSRF = "b" * 32


@dataclass
class Record:
    """What the participants saw."""

    acknowledged: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Answers by trial, also those of the warm-up."""
    times: list[tuple[float, float]] = field(default_factory=list)
    """When each acknowledgement came, and how long it had taken, in s."""
    errors: Counter[str] = field(default_factory=Counter)


def run() -> list[dict[str, Any]]:
    """A row for each database, and one for the p95 on PostgreSQL."""
    return [row for database in DATABASES for row in rows(database)]


def rows(database: str) -> list[dict[str, Any]]:
    """Answers per second, and their p95 where it has a target.

    `equal` counts errors, and acknowledged answers that are not in the export exactly once, as sent.
    """
    with site("people", count=SESSIONS, database=database) as running:
        before = time.process_time()
        record, started, ended = asyncio.run(_answer_all(running))
        generator = time.process_time() - before
        peak = running.memory_mib("VmHWM")
        lost = not_as_sent(record.acknowledged, running.responses(running.prepared["study"]))
    counted = [seconds for at, seconds in record.times if started < at <= ended]
    per_second = len(counted) / (ended - started)
    p50, p95, p99 = (1000 * statistics.quantiles(counted, n=100)[percent - 1] for percent in (50, 95, 99))
    shared = {"peak_mib": peak, "equal": lost + sum(record.errors.values())}
    per_seconds = {
        "name": f"answers_per_second{DATABASES[database]}",
        "ours": per_second,
        "reference": TARGET[database],
        "ratio": per_second / TARGET[database],
        "unit": "answers/s",
        **shared,
        "detail": f"p50 {p50:.0f}, p95 {p95:.0f}, p99 {p99:.0f} ms ; "
        f"{sum(record.errors.values())} errors {dict(record.errors) or ''}; {len(record.acknowledged)} answers acknowledged, "
        f"{lost} of them lost, doubled or changed; {PEOPLE} participants who never pause, in the same machine, took "
        f"{generator:.0f} s of a core in {SECONDS + WARM_SECONDS:.0f} s; gunicorn with {WORKERS} workers, {database} that waits "
        "for the disk",
    }
    if database not in TARGET_MS:
        return [per_seconds]
    target = TARGET_MS[database]
    told = {"detail": f"of {len(counted)} answers, as in {per_seconds['name']}; the reference is the target"}
    return [
        per_seconds,
        {"name": "answers_p95", "ours": p95, "reference": target, "ratio": target / p95, "unit": "ms", **shared, **told},
    ]


async def _answer_all(running: Site) -> tuple[Record, float, float]:
    """Everybody answers until the time is over; also returns the span that counts."""
    record, sessions = Record(), iter(running.prepared["sessions"])
    started = time.perf_counter() + WARM_SECONDS
    deadline = started + SECONDS
    async with asyncio.TaskGroup() as group:
        for _ in range(PEOPLE):
            group.create_task(_take_part(running, sessions, record, deadline))
    return record, started, min(deadline, time.perf_counter())


async def _take_part(running: Site, sessions: Iterator[dict[str, Any]], record: Record, deadline: float) -> None:
    """One session after the other, each on a connection of its own, as another browser would."""
    address = urlsplit(running.web.url)
    while time.perf_counter() < deadline and (session := next(sessions, None)):
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        cookies = f"{running.prepared['cookie']}={session['token']}; csrftoken={CSRF}"
        for trial, answer in session["answers"].items():
            sent = time.perf_counter()
            if sent > deadline:
                break
            writer.write(_request(f"/p/{running.prepared['study']}/trials/{trial}/answer", cookies, answer))
            status, body = await _reply(reader)
            now = time.perf_counter()
            if status == 200 and body["saved"]:
                record.acknowledged[trial] = answer
                record.times.append((now, now - sent))
            else:
                record.errors[str(status)] += 1
        writer.close()


def _request(path: str, cookies: str, answer: dict[str, Any]) -> bytes:
    body = json.dumps(answer)
    head = (
        f"PUT {path} HTTP/1.1\r\nHost: localhost\r\nCookie: {cookies}\r\nX-CSRFToken: {CSRF}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return (head + body).encode()


async def _reply(reader: asyncio.StreamReader) -> tuple[int, dict[str, Any]]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    length = int(head.partition("content-length:")[2].partition("\r\n")[0])
    body = await reader.readexactly(length)
    status = int(head.split(maxsplit=2)[1])
    return status, json.loads(body) if status == 200 else {}
