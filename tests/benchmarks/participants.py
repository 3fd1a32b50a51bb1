"""People who answer over HTTP, each on a connection of their own, as browsers do. The benchmark of answers calls it."""

import asyncio
import json
import random
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from tests.benchmarks.servers import Site

NEVER_PAUSING = 32
"""At once, and they never pause."""
PACED = 1200
"""At once, and each answers every `EVERY_SECONDS` on average: 300 answers per second, however long the server takes."""
EVERY_SECONDS = 4.0
SECONDS = 20.0
WARM_SECONDS = 2.0
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

    @property
    def waits(self) -> list[float]:
        """How long each answer that was due in the span waited for its acknowledgement, in s; that may come later."""
        return [came - due for due, came in self.times if self.started < due <= self.ended]

    @property
    def per_second(self) -> float:
        """Acknowledgements that came in the span, over its length."""
        return sum(self.started < came <= self.ended for _, came in self.times) / (self.ended - self.started)


async def never_pausing(running: Site, sessions: Sequence[dict[str, Any]]) -> Record:
    """Everybody takes one session after the other until the time is over."""
    record, waiting = _record(), iter(sessions)

    async def take_part() -> None:
        while time.perf_counter() < record.ended and (session := next(waiting, None)):
            browser = await _Browser.opened(running, session["token"], record)
            for trial, answer in session["answers"].items():
                if time.perf_counter() > record.ended:
                    break
                await browser.answer(trial, answer, due=time.perf_counter())
            browser.close()

    await asyncio.gather(*(take_part() for _ in range(NEVER_PAUSING)))
    record.ended = min(record.ended, time.perf_counter())
    return record


async def paced(running: Site, sessions: Sequence[dict[str, Any]]) -> Record:
    """Everybody answers when it is time, which no answer puts off; an acknowledgement is late from the moment it was due."""
    record, draw = _record(), random.Random(0)
    # Several browsers share a session, since laying one down for everybody would take longer than the benchmark.
    answers = iter([(session["token"], *answer) for session in sessions for answer in session["answers"].items()])

    async def take_part(answers: Iterator[tuple[str, str, dict[str, Any]]]) -> None:
        browser = await _Browser.opened(running, "", record)
        due = record.started - WARM_SECONDS + EVERY_SECONDS * draw.random()
        while due < record.ended:
            await asyncio.sleep(due - time.perf_counter())
            browser.token, trial, answer = next(answers)
            await browser.answer(trial, answer, due=due)
            due += EVERY_SECONDS * draw.uniform(0.5, 1.5)
        browser.close()

    await asyncio.gather(*(take_part(answers) for _ in range(PACED)))
    return record


def _record() -> Record:
    started = time.perf_counter() + WARM_SECONDS
    return Record(started=started, ended=started + SECONDS)


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
