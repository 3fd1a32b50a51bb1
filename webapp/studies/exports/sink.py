"""A file to write whose bytes are taken away as they come. Called by the archives and by Parquet."""

import io
from typing import Any


class Sink(io.RawIOBase):
    """It cannot be sought in, so that nothing is ever changed that was sent."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._position = 0

    def writable(self) -> bool:
        """True."""
        return True

    def tell(self) -> int:
        """How many bytes were written."""
        return self._position

    def write(self, piece: Any) -> int:
        """Keep a piece until it is taken."""
        self._pieces.append(bytes(piece))
        self._position += len(piece)
        return len(piece)

    def taken(self) -> bytes:
        """What was written since the last call."""
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)
