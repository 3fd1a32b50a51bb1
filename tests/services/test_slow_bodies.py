"""Clients who send a body byte by byte: each keeps a thread of the web server, and none for long."""

import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from tests.services import processes

pytestmark = pytest.mark.integration

THREADS = 4
REQUEST = (
    b"POST /erase/ HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: csrftoken=" + b"a" * 32 + b"\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 2000\r\n\r\ncode="
)


@pytest.fixture
def web(tmp_path: Path) -> Iterator[processes.Running]:
    """A web server with no proxy before it, which waits for a second."""
    database = f"sqlite:///{tmp_path / 'never-asked.sqlite3'}"
    env = {"SECRET_KEY": "only-for-tests", "DATABASE_URL": database, "STALLED_SECONDS": "1"}
    running = processes.serve(tmp_path, env=env)
    yield running
    running.stop()


@contextmanager
def dripping(url: str) -> Iterator[socket.socket]:
    """A connection on which half a request waits for the rest, of which a byte comes now and then."""
    with socket.create_connection((urlsplit(url).hostname, urlsplit(url).port), timeout=30) as connection:
        connection.sendall(REQUEST)
        over = threading.Event()

        def drip() -> None:
            try:
                while not over.wait(0.2):
                    connection.sendall(b"x")
            except OSError:
                pass  # The server has hung up.

        dripper = threading.Thread(target=drip)
        dripper.start()
        yield connection
        over.set()
        dripper.join()


def test_slow_bodies_in_all_threads_are_broken_off_and_others_are_answered(web):
    with ExitStack() as together:
        slow = [together.enter_context(dripping(web.url)) for _ in range(THREADS)]

        answer = httpx.get(f"{web.url}/healthz", timeout=20)

        ends = [connection.recv(20) for connection in slow]
    assert answer.status_code == 200
    assert ends == [b"HTTP/1.1 403 Forbidd"] * THREADS
