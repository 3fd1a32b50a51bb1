"""Files of the artifact store: each appears under its name when it is whole, and those that grew old are found."""

import contextlib
import hashlib
import uuid
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

PART_BYTES = 8 << 20
"""Held in memory while a file goes to a bucket."""


@contextlib.contextmanager
def passing_file(fs: Any, root: str) -> Iterator[str]:
    """A path to write to and to rename, so that a reader or a crash never meets half a file; it goes where that fails."""
    path = f"{root}/passing/{uuid.uuid4().hex}"
    fs.makedirs(f"{root}/passing", exist_ok=True)
    try:
        yield path
    except BaseException:
        if fs.exists(path):
            fs.rm_file(path)
        raise


def file_write(fs: Any, path: str, pieces: Iterable[bytes]) -> str:
    """Write a file as its content comes; returns its sha256."""
    digest = hashlib.sha256()
    with fs.open(path, "wb", block_size=PART_BYTES) as file:
        for piece in pieces:
            digest.update(piece)
            file.write(piece)
    return digest.hexdigest()


def file_rename(fs: Any, old: str, new: str) -> None:
    """Give a file its name, in a folder that need not be there."""
    fs.makedirs(new.rpartition("/")[0], exist_ok=True)
    fs.mv(old, new)


def files_older(fs: Any, folder: str, age: timedelta) -> list[str]:
    """The files of a folder that were written so long ago; one may go while we look. Some file systems leave the zone out."""
    limit, found = datetime.now(UTC) - age, []
    for path in fs.glob(f"{folder}/*"):
        with contextlib.suppress(FileNotFoundError):
            written = fs.modified(path)
            if written.replace(tzinfo=written.tzinfo or UTC) < limit:
                found.append(path)
    return found
