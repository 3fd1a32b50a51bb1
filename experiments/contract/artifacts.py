"""Artifacts: what was made, stored once under its recipe's digest. Written by workers, read by the web process.

Layout of the store, on a disk or in a bucket (any fsspec URL):

    blobs/<sha256>             a file's bytes, named by their content
    manifests/<digest>.json    what a recipe gave: written last and once, so that nobody ever sees half an artifact
    cancelled/<job>            a mark that tells a worker to stop
    checkpoints/<digest>       how far the making of a recipe was, for whoever goes on after a kill; gone once it is made
    journals/<digest>.jsonl    what a training has measured until now, for whoever watches; gone with the checkpoint
    heard/<queue>/<worker>     when a worker was last heard of, in Unix time
    erased/<keyed hash>        a row of a person that was erased, so that no backup brings it back
    tables/<sha256>            a mark: the blob of this name is a table of answers, and goes when no analysis needs it
    passing/<any>              files that are being written; what a killed writer left is swept after a day

Marks of workers and of cancelled jobs are swept, too, after a day and a month.
"""

import contextlib
import dataclasses
import hashlib
import json
import time
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Protocol, Self

import fsspec

from experiments.contract.journals import journal_bytes, journal_lines
from experiments.contract.recipes import Recipe
from experiments.contract.whole_files import file_rename, file_write, files_older, passing_file

LEFT_AFTER = timedelta(days=1)
"""A file that is still being written is younger, and so is the mark of a worker that lives."""
CANCELLED_AFTER = timedelta(days=30)
"""A cancelled job's message waits for a worker for less long."""


@dataclass(frozen=True, kw_only=True)
class StoredFile:
    """One file of an artifact, as its manifest lists it."""

    name: str
    sha256: str
    size: int
    """Bytes."""
    media_type: str
    about: Mapping[str, Any]
    """What is known of this file: `width` and `height` in px, `activation`, `source`."""


@dataclass(frozen=True, kw_only=True)
class NewFile:
    """A file that a maker has just made."""

    name: str
    content: bytes
    media_type: str = "image/png"
    about: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Product:
    """What a maker returns: new files, files taken over from other artifacts, numbers, and the digests it was made from."""

    new_files: Sequence[NewFile] = ()
    linked_files: Sequence[StoredFile] = ()
    values: Mapping[str, Any] = field(default_factory=dict)
    parents: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """The record of an artifact: recipe, files, numbers, parents, provenance."""

    digest: str
    recipe: Mapping[str, Any]
    files: tuple[StoredFile, ...]
    values: Mapping[str, Any]
    parents: tuple[str, ...]
    provenance: Mapping[str, Any]
    """Code version, library versions, device, wall time in s, weights' sha256 where a model took part."""

    def file(self, name: str) -> StoredFile:
        """The file called `name`; KeyError if there is none."""
        for stored in self.files:
            if stored.name == name:
                return stored
        raise KeyError(f"artifact {self.digest[:12]} has no file {name!r}")

    def as_json(self) -> dict[str, Any]:
        """The manifest as it is stored and as it comes home on the queue."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> Self:
        """The inverse of `as_json`."""
        files = tuple(StoredFile(**stored) for stored in body["files"])
        return cls(**{**body, "files": files, "parents": tuple(body["parents"])})


class Workshop(Protocol):
    """What a maker is given: where it runs, how to tell its progress, and how to get other artifacts."""

    @property
    def store(self) -> "ArtifactStore":
        """Where artifacts are kept."""

    @property
    def device(self) -> str:
        """A torch device, `cpu` or `cuda:0`."""

    def report(self, done: int, total: int, doing: str) -> None:
        """Tell the progress; raises Cancelled when the job was cancelled. Call it every step of long work."""

    def obtain(self, recipe: Recipe) -> Manifest:
        """The artifact of another recipe, made now if it is not in the store."""

    def obtain_all(self, recipes: Sequence[Recipe]) -> list[Manifest]:
        """The artifacts of recipes that do not need one another; where there is a queue, many workers make what is missing.

        A maker may be left at this call and called anew once they are all there.
        """


class ArtifactStore:
    """Files by content, manifests by digest, under one fsspec URL."""

    def __init__(self, url: str) -> None:
        self.fs, root = fsspec.core.url_to_fs(url)
        self.root = root.rstrip("/")

    def manifest(self, digest: str) -> Manifest | None:
        """The artifact stored under `digest`, or None."""
        try:
            return Manifest.from_json(json.loads(self.fs.cat_file(f"{self.root}/manifests/{digest}.json")))
        except FileNotFoundError:
            return None

    def digests(self, beginning: str) -> list[str]:
        """The digests of all artifacts that begin with these digits."""
        return sorted(
            path.rpartition("/")[2].removesuffix(".json") for path in self.fs.glob(f"{self.root}/manifests/{beginning}*.json")
        )

    def publish(self, recipe: Recipe, product: Product, *, provenance: Mapping[str, Any]) -> Manifest:
        """Store what a recipe gave and return its manifest; if another worker was first, theirs stands."""
        new_files = tuple(
            StoredFile(
                name=new.name,
                sha256=self.write_blob(new.content),
                size=len(new.content),
                media_type=new.media_type,
                about=new.about,
            )
            for new in product.new_files
        )
        made = Manifest(
            digest=recipe.digest,
            recipe=recipe.as_json(),
            files=(*new_files, *product.linked_files),
            values=product.values,
            parents=tuple(product.parents),
            provenance=provenance,
        )
        self._write_once(f"manifests/{made.digest}.json", json.dumps(made.as_json()).encode())
        self._remove(f"checkpoints/{made.digest}")
        self._remove(f"journals/{made.digest}.jsonl")
        stored = self.manifest(made.digest)
        if stored is None:
            raise FileNotFoundError(f"the manifest of {made.digest} was written and is gone; is something clearing the store?")
        return stored

    def write_blob(self, content: bytes) -> str:
        """Store bytes under their sha256 and return it."""
        sha256 = hashlib.sha256(content).hexdigest()
        self._write_once(f"blobs/{sha256}", content)
        return sha256

    def read_blob(self, sha256: str) -> bytes:
        """The bytes stored under `sha256`; FileNotFoundError if there are none."""
        content: bytes = self.fs.cat_file(f"{self.root}/blobs/{sha256}")
        return content

    def read_ranges(self, ranges: Sequence[tuple[str, int, int]]) -> list[bytes]:
        """For each of (sha256, start, stop) these bytes of what is stored; FileNotFoundError if there is nothing."""
        paths = [f"{self.root}/blobs/{sha256}" for sha256, _, _ in ranges]
        starts, stops = [start for _, start, _ in ranges], [stop for _, _, stop in ranges]
        parts: list[bytes] = self.fs.cat_ranges(paths, starts, stops, on_error="raise")
        return parts

    def remove(self, digest: str) -> None:
        """Forget the artifact under `digest`; its blobs, which others may share, are removed one by one."""
        self._remove(f"manifests/{digest}.json")

    def remove_blob(self, sha256: str) -> None:
        """Forget the bytes stored under `sha256`, if there are any, then the mark that they were a table of answers."""
        self._remove(f"blobs/{sha256}")
        self._remove(f"tables/{sha256}")

    def write_table(self, pieces: Iterable[bytes]) -> str:
        """Store a table of answers as it comes; its mark is there before it, so that `tables` finds one whose writer died."""
        with passing_file(self.fs, self.root) as passing:
            table = file_write(self.fs, passing, pieces)
            self._write(f"tables/{table}", b"")
            file_rename(self.fs, passing, f"{self.root}/blobs/{table}")
        return table

    def tables(self, *, older_than: timedelta) -> set[str]:
        """The sha256 of the tables of answers that were written so long ago."""
        return {path.rpartition("/")[2] for path in files_older(self.fs, f"{self.root}/tables", older_than)}

    def write_checkpoint(self, digest: str, content: bytes) -> None:
        """Replace the checkpoint of a recipe; a reader meets the old one or the new one."""
        self._write(f"checkpoints/{digest}", content)

    def read_checkpoint(self, digest: str) -> bytes | None:
        """The latest checkpoint of a recipe, or None."""
        try:
            content: bytes = self.fs.cat_file(f"{self.root}/checkpoints/{digest}")
        except FileNotFoundError:
            return None
        return content

    def write_journal(self, digest: str, lines: Sequence[Mapping[str, Any]]) -> None:
        """Replace the journal of a recipe that is being made; a reader meets the old one or the new one."""
        self._write(f"journals/{digest}.jsonl", journal_bytes(lines))

    def read_journal(self, digest: str) -> list[dict[str, Any]]:
        """What the making of a recipe has measured until now; empty before the first evaluation and once it is made."""
        try:
            return journal_lines(self.fs.cat_file(f"{self.root}/journals/{digest}.jsonl"))
        except FileNotFoundError:
            return []

    def sweep(self) -> int:
        """Remove what is of no use any more; returns how many files that were.

        That is what killed writers left half-written, marks of workers that are gone, and marks of jobs cancelled long ago.
        """
        ages = {"passing": LEFT_AFTER, "heard/*": LEFT_AFTER, "cancelled": CANCELLED_AFTER}
        left = [path for folder, age in ages.items() for path in files_older(self.fs, f"{self.root}/{folder}", age)]
        for path in left:
            self._remove(path.removeprefix(f"{self.root}/"))
        return len(left)

    def mark_cancelled(self, job: str) -> None:
        """Tell whichever worker runs `job` to stop."""
        self._write_once(f"cancelled/{job}", b"")

    def is_cancelled(self, job: str) -> bool:
        """Whether `job` was told to stop."""
        return bool(self.fs.exists(f"{self.root}/cancelled/{job}"))

    def mark_heard(self, queue: str, *, worker: str) -> None:
        """Note that a worker lives."""
        self._write(f"heard/{queue}/{worker}", str(time.time()).encode())

    def heard(self, queue: str) -> dict[str, float]:
        """When each worker of a queue was last heard of, in Unix time."""
        paths = self.fs.glob(f"{self.root}/heard/{queue}/*")
        # One may go while we read.
        marks = self.fs.cat(paths, on_error="omit") if paths else {}
        return {path.rpartition("/")[2]: float(told) for path, told in marks.items()}

    def mark_erased(self, name: str) -> None:
        """Note that what a keyed hash names was erased."""
        self._write_once(f"erased/{name}", b"")

    def erased(self) -> set[str]:
        """All that `mark_erased` noted."""
        return {path.rpartition("/")[2] for path in self.fs.glob(f"{self.root}/erased/*")}

    def require_writable(self) -> None:
        """Write a file and remove it; OSError if that cannot be done."""
        name = f"passing/{uuid.uuid4().hex}"
        self._write(name, b"1")
        self._remove(name)

    def _remove(self, name: str) -> None:
        with contextlib.suppress(FileNotFoundError):
            self.fs.rm_file(f"{self.root}/{name}")

    def _write_once(self, name: str, content: bytes) -> None:
        if not self.fs.exists(f"{self.root}/{name}"):
            self._write(name, content)

    def _write(self, name: str, content: bytes) -> None:
        with passing_file(self.fs, self.root) as passing:
            self.fs.pipe_file(passing, content)
            file_rename(self.fs, passing, f"{self.root}/{name}")
