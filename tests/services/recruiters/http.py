"""A small real HTTP server in a thread, whose answers can be made to fail in the ways that networks and servers do."""

import json
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

Answer = tuple[int, Any]


class Fault(Enum):
    """What goes wrong with one request."""

    ERROR_500 = "nothing is done, 500"
    BUSY_429 = "nothing is done, 429"
    LOST_BEFORE = "nothing is done, the connection breaks"
    LOST_AFTER = "it is done, the connection breaks before the answer"
    SILENT_AFTER = "it is done, no answer comes in time"
    ERROR_AFTER = "it is done, and 500 is answered"
    MALFORMED = "it is done, the answer is no JSON"


@dataclass
class FakeServer(ABC):
    """Serves until the block is left. Subclasses answer requests."""

    faults: list[tuple[str, Fault]] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    """What was asked, in order: method and path, or operation."""
    lock: threading.RLock = field(default_factory=threading.RLock)
    ended: threading.Event = field(default_factory=threading.Event)
    hold: Callable[[str], None] | None = None
    """Called before a request is answered, outside of the lock."""

    def __enter__(self) -> Self:
        self.server = _Server(self)
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.ended.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    def fail(self, part: str, *faults: Fault) -> None:
        """Let the next requests whose name contains `part` go wrong, one fault each."""
        self.faults += [(part, fault) for fault in faults]

    def asked(self, part: str) -> int:
        """How many requests had a name with `part` in it."""
        return sum(part in request for request in self.requests)

    @abstractmethod
    def answer(self, name: str, headers: Any, query: str, body: bytes) -> Answer:
        """Status and JSON; called for each request that no fault swallows."""

    def take_fault(self, name: str) -> Fault | None:
        for index, (part, fault) in enumerate(self.faults):
            if part in name:
                del self.faults[index]
                return fault
        return None


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, fake: FakeServer) -> None:
        self.fake = fake
        super().__init__(("127.0.0.1", 0), _Handler)


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        self._take()

    def do_POST(self) -> None:
        self._take()

    def _take(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path, _, query = self.path.partition("?")
        name = self.headers.get("X-Amz-Target", "").rpartition(".")[2] or f"{self.command} {path}"
        if self.server.fake.hold:
            self.server.fake.hold(name)
        self._serve(name, query, body)

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""

    def _serve(self, name: str, query: str, body: bytes) -> None:
        fake = self.server.fake
        with fake.lock:
            fake.requests.append(name)
            fault = fake.take_fault(name)
            if fault in NOTHING_DONE:
                self._send(*NOTHING_DONE[fault])
                return
            status, answered = fake.answer(name, self.headers, query, body)
        if fault is Fault.SILENT_AFTER:
            fake.ended.wait(20)
        if fault in (Fault.LOST_AFTER, Fault.SILENT_AFTER):
            self._send(None, "")
        elif fault is Fault.ERROR_AFTER:
            self._send(500, "{}")
        else:
            self._send(status, "<html>oops" if fault is Fault.MALFORMED else json.dumps(answered))

    def _send(self, status: int | None, text: str) -> None:
        """An answer; without a status, the end of the connection."""
        self.close_connection = True
        if status is None:
            return
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())


NOTHING_DONE: dict[Fault | None, tuple[int | None, str]] = {
    Fault.ERROR_500: (500, '{"error": {"detail": "no"}}'),
    Fault.BUSY_429: (429, '{"error": {"detail": "too many requests"}}'),
    Fault.LOST_BEFORE: (None, ""),
}
