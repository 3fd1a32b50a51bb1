"""A bad network between participants and the web server: requests and replies get lost, doubled, delayed and overtaken."""

import asyncio
import random
import re
import threading
from collections import Counter
from dataclasses import dataclass
from types import TracebackType

CONNECTION = re.compile(rb"\r\nconnection:[^\r]*", re.IGNORECASE)
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
DELAY_SECONDS = (0.05, 1.0)
LATE_SECONDS = (0.5, 4.0)


@dataclass(frozen=True, kw_only=True)
class Rates:
    """Shares of the requests that meet each fault; one may meet several."""

    request_lost: float = 0.05
    """The connection closes before the server got anything."""
    reply_lost: float = 0.05
    """It closes after the server has answered, somewhere within the reply."""
    doubled: float = 0.10
    """The server gets it twice at the same moment; one of the replies arrives."""
    delayed: float = 0.10
    overtaken: float = 0.03
    """A second copy reaches the server seconds later, when the participant has long gone on."""


class BadNetwork:
    """Listens on a free port of 127.0.0.1 and passes on to the port `upstream`, in a thread of its own, while the block lasts.

    Each request has a connection of its own. The faults follow from the seed; whom they meet depends on who comes when.
    """

    def __init__(self, upstream: int, *, seed: int, rates: Rates | None = None) -> None:
        self.upstream, self.rates, self.random = upstream, rates or Rates(), random.Random(seed)
        self.met: Counter[str] = Counter()
        self.port = 0
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.late: set[asyncio.Task[bytes]] = set()

    def __enter__(self) -> "BadNetwork":
        self.thread.start()
        starting = asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.server = asyncio.run_coroutine_threadsafe(starting, self.loop).result()
        self.port = self.server.sockets[0].getsockname()[1]
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        asyncio.run_coroutine_threadsafe(self._closed(), self.loop).result()
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()

    @property
    def url(self) -> str:
        """Where participants find the site."""
        return f"http://127.0.0.1:{self.port}"

    async def _closed(self) -> None:
        self.server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            writer.write(await self._passed_on(await _request(reader)))
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            # The participant has gone; they find out by themselves, and so they do when the server has.
            self.met["participant gone"] += 1
        finally:
            writer.close()

    async def _passed_on(self, request: bytes) -> bytes:
        """What the participant gets; nothing or half of it where something is lost."""
        self.met["requests"] += 1
        if self._meets("request_lost"):
            return b""
        if self._meets("delayed"):
            await asyncio.sleep(self.random.uniform(*DELAY_SECONDS))
        if self._meets("overtaken"):
            self._send_late(request)
        copies = 2 if self._meets("doubled") else 1
        reply = self.random.choice(await asyncio.gather(*(self._asked(request) for _ in range(copies))))
        return reply[: self.random.randrange(len(reply) or 1)] if self._meets("reply_lost") else reply

    def _send_late(self, request: bytes) -> None:
        async def send() -> bytes:
            await asyncio.sleep(self.random.uniform(*LATE_SECONDS))
            return await self._asked(request)

        task = self.loop.create_task(send())
        # The loop itself holds tasks only weakly.
        self.late.add(task)
        task.add_done_callback(self.late.discard)

    def _meets(self, fault: str) -> bool:
        met = self.random.random() < getattr(self.rates, fault)
        self.met[fault] += met
        return met

    async def _asked(self, request: bytes) -> bytes:
        """The server's reply; what there is of it where the server dies."""
        reply = b""
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.upstream)
            writer.write(request)
            while piece := await reader.read(2**16):
                reply += piece
            writer.close()
        except OSError:
            self.met["server gone"] += 1
        return reply


async def _request(reader: asyncio.StreamReader) -> bytes:
    """One request with its body, asking for the end of the connection after the reply."""
    head = (await reader.readuntil(b"\r\n\r\n")).removesuffix(b"\r\n\r\n")
    length = LENGTH.search(head)
    body = await reader.readexactly(int(length[1])) if length else b""
    return CONNECTION.sub(b"", head) + b"\r\nConnection: close\r\n\r\n" + body
