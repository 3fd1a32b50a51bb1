"""The web server as it is deployed, before clients who connect and say nothing."""

import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from tests.services import processes
from tests.services.processes import Running

pytestmark = pytest.mark.integration
SILENT = 80
"""Ten times the threads. gunicorn's own worker would keep each waiting for five seconds."""
PATIENCE_SECONDS = 20


@pytest.fixture
def web(tmp_path: Path) -> Iterator[Running]:
    queue = {"REDIS_URL": "", "BROKER_URL": f"filesystem://{tmp_path}/queue", "RESULT_URL": f"file://{tmp_path}/results"}
    env = {"SECRET_KEY": "only-for-tests", "DATABASE_URL": f"sqlite:///{tmp_path}/db.sqlite3", **queue}
    running = processes.serve(tmp_path, env=env, workers=2)
    yield running
    running.stop()


@pytest.fixture
def silent(web: Running) -> Iterator[list[socket.socket]]:
    """Connections on which nothing was asked."""
    address = urlsplit(web.url)
    opened = [socket.create_connection((address.hostname, address.port)) for _ in range(SILENT)]
    yield opened
    for connection in opened:
        connection.close()


def test_silent_connections_hold_nobody_up(web: Running, silent: list[socket.socket]) -> None:
    answer = httpx.get(f"{web.url}/healthz", timeout=PATIENCE_SECONDS)

    assert answer.status_code == 200
    silent[0].sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert silent[0].recv(12) == b"HTTP/1.1 200"


def test_silent_connections_keep_no_server_that_is_told_to_stop(web: Running, silent: list[socket.socket]) -> None:
    httpx.get(f"{web.url}/healthz", timeout=PATIENCE_SECONDS)

    web.process.send_signal(signal.SIGTERM)

    assert web.process.wait(PATIENCE_SECONDS) == 0
