"""Writes the samples of a selection as new shards, byte by byte, several at a time; what is finished stays after a kill.

`index.json` says which selection a folder holds and which of its shards are finished. Called by the command line.
"""

import hashlib
import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Int32

from experiments.contract.artifacts import ArtifactStore, Manifest
from experiments.contract.errors import InputError
from experiments.contract.fields import build, require
from experiments.contract.recipes import ShardContents
from experiments.datasets.archives import BLOCK
from experiments.methods.shards.contents import Contents, require_unchanged
from experiments.methods.shards.listed import listed_shards

INDEX = "index.json"
END = bytes(2 * BLOCK)
"""Of a tar file."""
PASSING = ".passing"


@dataclass(frozen=True, kw_only=True)
class Written:
    """A finished new shard."""

    name: str
    samples: int
    bytes: int
    sha256: str


def write_selection(
    selection: Manifest, *, store: ArtifactStore, out: Path, per_shard: int, writers: int, report: Callable[[int, int, str], None]
) -> list[Written]:
    """Write what is missing in `out`; the bytes are the same, however often that was interrupted.

    Args:
        selection: Of a `ShardSelection`.
        store: Where it is.
        out: A folder that is empty or was begun for this selection.
        per_shard: Samples of a new shard; the last one may have fewer.
        writers: Threads; copying lets go of Python's lock.
        report: Called with shards finished, shards in all, and what is being done.

    Raises:
        InputError: The folder holds something else, or an old shard changed since it was listed.
    """
    require(per_shard >= 1, "samples_per_shard", f"{per_shard} are too few", "Give a number from 1")
    require(writers >= 1, "processes", f"{writers} are too few", "Give a number from 1")
    head = {"selection": selection.digest, "samples_per_shard": per_shard, "samples": selection.values["chosen"]}
    done = {one.name: one for one in _finished(out, head, report=report)}
    shards = listed_shards(selection.recipe["listing"], store=store)
    chosen = np.load(io.BytesIO(store.read_blob(selection.file("chosen").sha256)))
    parts = {f"{first // per_shard:05d}.tar": chosen[first : first + per_shard] for first in range(0, len(chosen), per_shard)}
    _write_index(out, head, done)
    with ThreadPoolExecutor(writers, thread_name_prefix="write") as executor:
        asked = [
            executor.submit(_write_shard, out / name, part, shards=shards, store=store)
            for name, part in parts.items()
            if name not in done
        ]
        try:
            for future in as_completed(asked):
                written = future.result()
                done[written.name] = written
                _write_index(out, head, done)
                report(len(done), len(parts), "writing shards")
        finally:
            executor.shutdown(cancel_futures=True)
    return [done[name] for name in parts]


def _finished(out: Path, head: Mapping[str, object], *, report: Callable[[int, int, str], None]) -> Iterator[Written]:
    """The new shards that are there with the bytes that the index tells."""
    begun = list(_begun(out, head))
    for number, one in enumerate(begun):
        report(number, len(begun), "reading finished shards")
        path = out / one.name
        if path.is_file() and path.stat().st_size == one.bytes and _sha256(path) == one.sha256:
            yield one


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _begun(out: Path, head: Mapping[str, object]) -> Iterator[Written]:
    """What a folder says to hold.

    Raises:
        InputError: It was begun for another selection, or its index is damaged.
    """
    remedy = "Give another --out, or an empty folder"
    index = out / INDEX
    if not index.is_file():
        require(out.is_dir() or not out.exists(), "out", f"{out} is no folder", remedy)
        # A kill before the first index was whole leaves it in passing.
        strange = sorted(path.name for path in out.iterdir() if path.suffix != PASSING) if out.is_dir() else []
        require(not strange, "out", f"{out} holds {(strange or [''])[0]!r} and no {INDEX}", remedy)
        return
    try:
        begun = json.loads(index.read_bytes())
        entries = [Written(**entry) for entry in begun["shards"]]
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(field="out", message=f"{index} is damaged", remedy=remedy) from error
    require({name: begun.get(name) for name in head} == head, "out", f"{out} holds another selection", remedy)
    yield from entries


def _write_index(out: Path, head: Mapping[str, object], done: Mapping[str, Written]) -> None:
    """Replace the index, by rename."""
    out.mkdir(parents=True, exist_ok=True)
    passing = out / f"{INDEX}{PASSING}"
    passing.write_text(json.dumps({**head, "shards": [asdict(done[name]) for name in sorted(done)]}, indent=1))
    passing.replace(out / INDEX)


def _write_shard(
    path: Path, rows: Int32[np.ndarray, "sample 2"], *, shards: Sequence[Mapping[str, object]], store: ArtifactStore
) -> Written:
    """Copy samples, given by shard and row, into a new shard."""
    passing = path.with_name(f"{path.name}{PASSING}")
    digest = hashlib.sha256()
    with passing.open("wb") as file:
        for number in np.unique(rows[:, 0]):
            for content in _copied(build(ShardContents, shards[number]), rows[rows[:, 0] == number, 1], store=store):
                digest.update(content)
                file.write(content)
        digest.update(END)
        file.write(END)
        size = file.tell()
    passing.replace(path)
    return Written(name=path.name, samples=len(rows), bytes=size, sha256=digest.hexdigest())


def _copied(shard: ShardContents, rows: Int32[np.ndarray, " sample"], *, store: ArtifactStore) -> Iterator[bytes]:
    """All bytes of some samples of a shard, checked to be those that were listed."""
    manifest = store.manifest(shard.digest)
    if manifest is None:
        raise InputError(field="listing", message=f"the contents of {shard.path} are not in the store", remedy="Select again")
    contents = Contents.of(manifest, store=store)
    require_unchanged(shard)
    with Path(shard.path).open("rb") as file:
        for row in rows:
            start, stop = (int(at) for at in contents.spans[row])
            offset, length = (int(at) for at in contents.images[row])
            file.seek(start)
            content = file.read(stop - start)
            image = content[offset - start : offset - start + length]
            same = len(content) == stop - start and (
                not length or hashlib.sha256(image).digest() == contents.sha256[row].tobytes()
            )
            message = f"sample {contents.keys[row]} of {shard.path} is not what it was when it was listed"
            require(same, "shards", message, "Leave shards alone while they are read, and ask again")
            yield content
