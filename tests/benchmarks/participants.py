"""People who answer over HTTP, each on a connection of their own, as browsers do. The benchmark of answers calls it."""

import asyncio
import json
import random
import statistics
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from tests.benchmarks.servers import Site

EVERY_SECONDS = 4.0
"""On average, between two answers of a person who pauses."""
WARM_SECONDS = 1.5
CSRF = "b" * 32


@dataclass
class Record:
    """What the participants saw."""

    acknowledged: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Answers by trial, also those of the warm-up."""
    times: list[tuple[float, float]] = field(default_factory=list)
    """When each acknowledged answer was due, and when its acknowledgement came, in s."""
    errors: Counter[str] = field(default_factory=Counter)
    started: float = 0.0
    ended: float = 0.0
    """The span that counts."""

    @classmethod
    def of(cls, *, warm: float, seconds: float) -> "Record":
        """Of a span of so many seconds that begins when the server is warm."""
        started = time.perf_counter() + warm
        return cls(started=started, ended=started + seconds)

    @property
    def waits(self) -> list[float]:
        """How long each answer that was due in the span waited for its acknowledgement, in s; that may come later."""
        return [came - due for due, came in self.times if self.started < due <= self.ended]

    @property
    def per_second(self) -> float:
        """Acknowledgements that came in the span, over its length."""
        return sum(self.started < came <= self.ended for _, came in self.times) / (self.ended - self.started)

    def percentile_ms(self, percent: int) -> float:
        """Of the waits."""
        return 1000 * statistics.quantiles(self.waits, n=100)[percent - 1]


async def never_pausing(running: Site, sessions: Iterator[dict[str, Any]], *, people: int, seconds: float) -> Record:
    """Everybody takes one session after the other until the time is over."""
    record = Record.of(warm=WARM_SECONDS, seconds=seconds)

    async def take_part() -> None:
        while time.perf_counter() < record.ended and (session := next(sessions, None)):
            browser = await _Browser.opened(running, session["token"], record)
            for trial, answer in session["answers"].items():
                if time.perf_counter() > record.ended:
                    break
                await browser.answer(trial, answer, due=time.perf_counter())
            browser.close()

    await asyncio.gather(*(take_part() for _ in range(people)))
    record.ended = min(record.ended, time.perf_counter())
    return record


async def paced(running: Site, sessions: Sequence[dict[str, Any]], *, people: int, seconds: float) -> Record:
    """Everybody answers when it is time, which no answer puts off; an acknowledgement is late from the moment it was due.

    A connection is opened with the first request, as browsers and proxies do; all are before the span begins.
    """
    record, draw = Record.of(warm=EVERY_SECONDS, seconds=seconds), random.Random(0)
    # Browsers share sessions, since laying one down for everybody would take longer than the benchmark. Answers that follow
    # one another are of different sessions, so that none waits for another's.
    turns = zip(*(session["answers"].items() for session in sessions), strict=True)
    answers = iter([(of["token"], *answer) for turn in turns for of, answer in zip(sessions, turn, strict=True)])

    async def take_part() -> None:
        due = record.started - EVERY_SECONDS * draw.random()
        await asyncio.sleep(due - time.perf_counter())
        browser = await _Browser.opened(running, "", record)
        while due < record.ended:
            await asyncio.sleep(due - time.perf_counter())
            browser.token, trial, answer = next(answers)
            await browser.answer(trial, answer, due=due)
            due += EVERY_SECONDS * draw.uniform(0.5, 1.5)
        browser.close()

    await asyncio.gather(*(take_part() for _ in range(people)))
    return record


@dataclass
class _Browser:
    running: Site
    token: str
    record: Record
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    @classmethod
    async def opened(cls, running: Site, token: str, record: Record) -> "_Browser":
        address = urlsplit(running.web.url)
        return cls(running, token, record, *await asyncio.open_connection(address.hostname, address.port))

    async def answer(self, trial: str, answer: dict[str, Any], *, due: float) -> None:
        body = json.dumps(answer)
        head = (
            f"PUT /p/{self.running.prepared['study']}/trials/{trial}/answer HTTP/1.1\r\nHost: localhost\r\n"
            f"Cookie: {self.running.prepared['cookie']}={self.token}; csrftoken={CSRF}\r\nX-CSRFToken: {CSRF}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        self.writer.write((head + body).encode())
        status, reply = await self._reply()
        now = time.perf_counter()
        if status == 200 and reply["saved"]:
            self.record.acknowledged[trial] = answer
            self.record.times.append((due, now))
        else:
            self.record.errors[str(status)] += 1

    async def _reply(self) -> tuple[int, dict[str, Any]]:
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        length = int(head.partition("content-length:")[2].partition("\r\n")[0])
        body = await self.reader.readexactly(length)
        status = int(head.split(maxsplit=2)[1])
        return status, json.loads(body) if status == 200 else {}

    def close(self) -> None:
        self.writer.close()
