"""The body of a request, given only so much time to arrive. `webapp.wsgi` puts it between gunicorn and Django."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class TimedBody:
    """gunicorn's body, all of which is here in `seconds`, or reading it is a TimeoutError.

    gunicorn reads piece by piece until it has what is asked of it. A socket's own timeout is that of a piece, so that a byte
    now and then would keep a thread for hours.
    """

    def __init__(self, body: Any, connection: Any, *, seconds: float) -> None:
        self._body, self._connection, self._seconds = body, connection, seconds
        self._until = time.monotonic() + seconds

    def read(self, *size: int) -> Any:
        """What any file's does."""
        with self._timed():
            return self._body.read(*size)

    def readline(self, *size: int) -> Any:
        """What any file's does."""
        with self._timed():
            return self._body.readline(*size)

    def recv(self, size: int) -> Any:
        """A piece from the socket, in whose place gunicorn asks while the body is read."""
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError("the body took too long")
        self._connection.settimeout(left)
        return self._connection.recv(size)

    @contextmanager
    def _timed(self) -> Iterator[None]:
        source = self._body.reader.unreader
        source.sock = self
        try:
            yield
        finally:
            source.sock = self._connection
            self._connection.settimeout(self._seconds)
