"""A table of answers goes to the store as it comes: never held as a whole, never seen as a half."""

import hashlib
import tracemalloc
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from experiments.contract.artifacts import ArtifactStore

pytestmark = pytest.mark.unit
PIECES = 64


def test_table_is_stored_under_its_content_and_marked_in_constant_memory(tmp_path: Path) -> None:
    store, piece = ArtifactStore(str(tmp_path)), bytes(range(256)) * 4096

    tracemalloc.start()
    table = store.write_table(bytes(bytearray(piece)) for _ in range(PIECES))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert table == hashlib.sha256(piece * PIECES).hexdigest()
    assert store.read_blob(table) == piece * PIECES
    assert store.tables(older_than=timedelta(0)) == {table}
    assert list((tmp_path / "passing").iterdir()) == []
    assert peak < 8 * len(piece)


def test_table_that_breaks_off_leaves_nothing(tmp_path: Path) -> None:
    def broken() -> Iterator[bytes]:
        yield b"session_id\n"
        raise ConnectionError("the database has gone")

    store = ArtifactStore(str(tmp_path))

    with pytest.raises(ConnectionError):
        store.write_table(broken())

    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
