"""Backups: a folder with the database in one file and a manifest that tells whether it is whole. Called by `manage.py`."""

import dataclasses
import hashlib
import importlib.metadata
import json
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from experiments.contract.errors import InputError
from experiments.contract.fields import require
from webapp.operation.dumps import KINDS, Counts
from webapp.operation.erasures import erase_again
from webapp.out_files import text_write
from webapp.stimuli.selectors import store
from webapp.studies.erasure import Erasure

FORMAT = 1
MANIFEST = "manifest.json"
TAKE_ANOTHER = "Take another backup"


@dataclass(frozen=True, kw_only=True)
class Backup:
    """What `manifest.json` says; it is written last."""

    format: int
    version: str
    """Of unitscope."""
    made_at: str
    database: str
    """Kind of database: what was backed up from one comes back into the same."""
    file: str
    sha256: str
    size: int
    """Bytes."""
    rows: Counts
    migrations: list[str]
    """Those that were applied, `<app>.<name>`."""


def backup_make(out: Path) -> Backup:
    """Back up the database into a new folder, which appears under its name when it is whole.

    Raises:
        InputError: The folder is there already, or a program of PostgreSQL's failed.
        OSError: The disk is full or cannot be written to. Nothing is left of what was begun.
    """
    require(not out.exists(), "out", f"{out} is there already", "Name a new folder; a backup never writes over another")
    kind = KINDS[connection.vendor]
    out.parent.mkdir(parents=True, exist_ok=True)
    # Only its owner may read it.
    unfinished = Path(tempfile.mkdtemp(prefix=f"{out.name}.", suffix=".unfinished", dir=out.parent))
    try:
        (unfinished / kind.file).touch(mode=0o600)
        rows = kind.dump(unfinished / kind.file)
        made = Backup(
            format=FORMAT,
            version=importlib.metadata.version("unitscope"),
            made_at=timezone.now().isoformat(timespec="seconds"),
            database=connection.vendor,
            file=kind.file,
            sha256=_sha256(unfinished / kind.file),
            size=(unfinished / kind.file).stat().st_size,
            rows=rows,
            migrations=sorted(".".join(name) for name in MigrationRecorder(connection).applied_migrations()),
        )
        text_write(unfinished / MANIFEST, json.dumps(dataclasses.asdict(made), indent=1))
        _write_through(unfinished / kind.file, unfinished / MANIFEST)
        unfinished.rename(out)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return made


def backup_read(folder: Path) -> Backup:
    """The manifest of a backup that is whole and that this version can restore.

    Raises:
        InputError: It is not.
    """
    remedy = "Name a folder that `manage.py backup` made; one whose name ends in .unfinished broke off"
    try:
        found = Backup(**json.loads((folder / MANIFEST).read_text()))
    except FileNotFoundError as missing:
        raise InputError(field="backup", message=f"{folder} has no {MANIFEST}", remedy=remedy) from missing
    except (ValueError, TypeError) as broken:
        raise InputError(field="backup", message=f"{folder / MANIFEST} is damaged", remedy=TAKE_ANOTHER) from broken
    newer = f"it was made by version {found.version}, which is newer"
    unknown = set(found.migrations) - {".".join(name) for name in MigrationLoader(connection).disk_migrations}
    require(found.format == FORMAT and not unknown, "backup", newer, f"Install version {found.version} and restore with it")
    path = folder / found.file
    require(path.is_file() and path.stat().st_size == found.size, "backup", f"{found.file} is not whole", TAKE_ANOTHER)
    require(_sha256(path) == found.sha256, "backup", f"{found.file} has changed since it was written", TAKE_ANOTHER)
    return found


def backup_restore(folder: Path) -> tuple[Backup, Erasure | None]:
    """Fill the empty database from a backup, bring it up to this version, and erase what was erased since.

    Raises:
        InputError: The backup or the database is not fit for it.

    Whatever is raised, the database is as empty as before.
    """
    here, tables = connection.vendor, connection.introspection.table_names()
    try:
        found = backup_read(folder)
        require(
            found.database == here, "backup", f"it is of {found.database}, and this is {here}", "Set DATABASE_URL accordingly"
        )
        remedy = "Name an empty database in DATABASE_URL; before `migrate`, which restoring does by itself"
        require(not tables, "database", f"it is not empty: it has {len(tables)} tables", remedy)
        # First, since without them the erased would come back.
        marks = store().erased()
        KINDS[here].load(folder / found.file, found.rows)
        call_command("migrate", interactive=False, verbosity=0)
        return found, erase_again(marks)
    except BaseException:
        if not tables:
            KINDS[here].clear()
        raise


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write_through(*paths: Path) -> None:
    """Return when the files are on the disk."""
    for path in paths:
        with path.open("rb") as file:
            os.fsync(file.fileno())
