"""The same two-alternative study in oTree, on the same kind of database, machine and run: acknowledged answers per second.

oTree's participants fetch each page before they answer it, as its protocol asks; ours have the whole plan from the start.
Images are left out on both sides.
"""

import asyncio
import random
import statistics
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

from tests.benchmarks.answers import as_sent, at_once
from tests.benchmarks.cpu import told
from tests.benchmarks.otree_site import otree_site
from tests.benchmarks.servers import site

PEOPLE = 32
"""On either side, who never pause."""
SECONDS, WARM_SECONDS = 20.0, 2.0
SESSIONS, SESSIONS_OURS = 160, 320
"""Enough for the time."""


@dataclass
class Record:
    """What oTree's participants saw."""

    acknowledged: Counter[str] = field(default_factory=Counter)
    """Answers by participant, also those of the warm-up."""
    times: list[tuple[float, float]] = field(default_factory=list)
    """When each acknowledgement came, and how long it had taken, in s."""
    errors: Counter[str] = field(default_factory=Counter)


def run() -> list[dict[str, Any]]:
    """Ours over oTree's answers per second; `equal` counts answers that either side acknowledged and does not hold as sent."""
    with otree_site(sessions=SESSIONS) as theirs:
        record = Record()
        before = {**theirs.cpu_seconds(), "participants": time.process_time()}
        started, ended = asyncio.run(_answer_all(theirs.web.url, theirs.participants, record))
        cpu = told(before, {**theirs.cpu_seconds(), "participants": time.process_time()}, answers=record.acknowledged.total())
        stored = theirs.stored()
    with site("people", count=SESSIONS_OURS) as running:
        ours = at_once(running, iter(running.prepared["sessions"]), people=PEOPLE, seconds=SECONDS)
        shared = as_sent(running, [ours])
    counted = [seconds for at, seconds in record.times if started < at <= ended]
    per_second = len(counted) / (ended - started)
    p50, p95 = (1000 * statistics.quantiles(counted, n=100)[percent - 1] for percent in (50, 95))
    return [
        {
            "name": "answers_vs_otree",
            "ours": ours.record.per_second,
            "reference": per_second,
            "ratio": ours.record.per_second / per_second,
            "unit": "answers/s",
            "peak_mib": shared["peak_mib"],
            "equal": shared["equal"] + ((stored - record.acknowledged) + (record.acknowledged - stored)).total(),
            "detail": f"oTree 6.0.15 (prodserver): p50 {p50:.0f}, p95 {p95:.0f} ms to the acknowledgement, "
            f"{sum(record.errors.values())} errors {dict(record.errors) or ''}; {cpu}; {PEOPLE} participants who "
            f"never pause on either side, PostgreSQL with fsync; ours: {ours}; {ours.cpu}",
        }
    ]


async def _answer_all(url: str, participants: list[str], record: Record) -> tuple[float, float]:
    """Everybody answers until the time is over; returns the span that counts."""
    waiting = iter(participants)
    started = time.perf_counter() + WARM_SECONDS
    deadline = started + SECONDS
    async with asyncio.TaskGroup() as group:
        for _ in range(PEOPLE):
            group.create_task(_take_part(url, waiting, record, deadline))
    return started, min(deadline, time.perf_counter())


async def _take_part(url: str, waiting: Iterator[str], record: Record, deadline: float) -> None:
    """One participant after the other, each on a connection of its own, as another browser would."""
    address = urlsplit(url)
    while time.perf_counter() < deadline and (code := next(waiting, None)):
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        page = await _get(reader, writer, f"/InitializeParticipant/{code}")
        while page and time.perf_counter() < deadline:
            sent = time.perf_counter()
            status, next_page = await _post(reader, writer, page)
            now = time.perf_counter()
            if status not in (302, 303):
                record.errors[str(status)] += 1
                break
            record.acknowledged[code] += 1
            record.times.append((now, now - sent))
            # The last answer leads out of the study.
            page = await _get(reader, writer, next_page) if "/Trial/" in next_page else ""
        writer.close()


async def _get(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, path: str) -> str:
    """The path of the page that is reached from `path`."""
    writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    status, location = await _reply(reader)
    return await _get(reader, writer, location) if status in (302, 303, 307) else path


async def _post(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, path: str) -> tuple[int, str]:
    """Answer the page; the status and where it leads."""
    answer = {"choice": random.choice(("upper", "lower")), "confidence": random.randint(1, 3), "rt": 1234.5}
    body = urlencode(answer)
    writer.write(
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {len(body)}\r\n\r\n{body}".encode()
    )
    return await _reply(reader)


async def _reply(reader: asyncio.StreamReader) -> tuple[int, str]:
    """The status and the path that it leads to, if any."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head.split("\r\n")[1:])}
    if headers.get("transfer-encoding") == "chunked":
        while size := int(await reader.readuntil(b"\r\n"), 16):
            await reader.readexactly(size + 2)
        await reader.readuntil(b"\r\n")
    else:
        await reader.readexactly(int(headers.get("content-length", 0)))
    return int(head.split(maxsplit=2)[1]), urlsplit(headers.get("location", "")).path
