"""The whole database into one file and back, while others write: SQLite by VACUUM INTO, PostgreSQL by pg_dump of a snapshot."""

import contextlib
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from django.apps import apps
from django.db import OperationalError, connection, transaction

from experiments.contract.errors import InputError
from webapp.studies.exports.snapshot import snapshot

Counts = dict[str, int]
"""Rows by table."""

TLS = ("sslmode", "sslrootcert", "sslcert", "sslkey")
"""Options of a connection, in DATABASE_URL and, as PGSSL…, in the environment of PostgreSQL's programs."""


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind of database: the file of its dump, and how it is written and read."""

    file: str
    dump: Callable[[Path], Counts]
    """Write the file; returns what is in it."""
    load: Callable[[Path, Counts], None]
    """Fill an empty database; InputError if that fails or other rows come out."""
    clear: Callable[[], None]
    """Empty the database again, whatever of it was filled."""


def own_tables() -> list[str]:
    """The tables of all models."""
    models = [model for model in apps.get_models(include_auto_created=True) if model._meta.managed and not model._meta.proxy]
    return sorted({model._meta.db_table for model in models})


def dump_sqlite(path: Path) -> Counts:
    """A copy as of one moment; writers need not wait."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("VACUUM INTO %s", [str(path)])
    except OperationalError as error:
        raise InputError(field="out", message=f"SQLite says: {error}", remedy="See that the disk has room") from error
    return _counts_of_file(path, own_tables())


def load_sqlite(path: Path, counts: Counts) -> None:
    """The file takes the place of the empty database when all of it is there."""
    database = Path(connection.settings_dict["NAME"])
    arriving = database.with_name(f"{database.name}.arriving")
    try:
        arriving.touch(mode=0o600)
        shutil.copyfile(path, arriving)
        require_same(_counts_of_file(arriving, counts), counts)
        connection.close()
        # They belong to the empty one.
        for suffix in ("-wal", "-shm"):
            database.with_name(database.name + suffix).unlink(missing_ok=True)
        arriving.replace(database)
    finally:
        arriving.unlink(missing_ok=True)


def clear_sqlite() -> None:
    """Without the file and its log."""
    connection.close()
    for suffix in ("", "-wal", "-shm"):
        Path(f"{connection.settings_dict['NAME']}{suffix}").unlink(missing_ok=True)


def dump_postgres(path: Path) -> Counts:
    """pg_dump reads the same snapshot in which the rows are counted."""
    with snapshot(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_export_snapshot()")
        (name,) = cursor.fetchone()
        _run("pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--snapshot={name}", f"--file={path}")
        return _counts(own_tables())


def load_postgres(path: Path, counts: Counts) -> None:
    """In one transaction."""
    database = connection.settings_dict["NAME"]
    _run(
        "pg_restore",
        "--single-transaction",
        "--exit-on-error",
        "--no-owner",
        "--no-privileges",
        f"--dbname={database}",
        str(path),
    )
    require_same(_counts(counts), counts)


def clear_postgres() -> None:
    """All that a dump makes lies in the one schema. On a new connection, since that of whoever failed may be of no use."""
    connection.close()
    if connection.introspection.table_names():
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("DROP SCHEMA public CASCADE")
            cursor.execute("CREATE SCHEMA public")


def require_same(found: Counts, counts: Counts) -> None:
    """Raise InputError unless as many rows were found as had been counted."""
    for table, count in counts.items():
        if found[table] != count:
            message = f"{table} has {found[table]} rows, and {count} were written"
            raise InputError(field="backup", message=message, remedy="Take an earlier backup")


def _counts(tables: Iterable[str]) -> Counts:
    with connection.cursor() as cursor:
        found = {}
        for table in tables:
            cursor.execute(f"SELECT count(*) FROM {connection.ops.quote_name(table)}")  # noqa: S608 -- tables of ours
            (found[table],) = cursor.fetchone()
    return found


def _counts_of_file(path: Path, tables: Iterable[str]) -> Counts:
    try:
        with contextlib.closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as copy:
            return {table: copy.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0] for table in tables}  # noqa: S608 -- same
    except sqlite3.DatabaseError as error:
        raise InputError(field="backup", message=f"SQLite says: {error}", remedy="Take an earlier backup") from error


def _run(program: str, *words: str) -> None:
    """Run a program of PostgreSQL's on our database; the password is not among its words, which others can see."""
    told = connection.settings_dict
    names = {"PGHOST": "HOST", "PGPORT": "PORT", "PGUSER": "USER", "PGPASSWORD": "PASSWORD", "PGDATABASE": "NAME"}
    env = {**os.environ, **{name: str(told[of_django]) for name, of_django in names.items() if told[of_django]}}
    # Encrypted and checked as our own connections are.
    env |= {f"PG{name.upper()}": str(told["OPTIONS"][name]) for name in TLS if name in told["OPTIONS"]}
    try:
        subprocess.run([program, *words], env=env, check=True, capture_output=True, text=True)  # noqa: S603 -- our own words
    except FileNotFoundError as missing:
        remedy = "On Debian: apt-get install postgresql-client, not older than the server"
        raise InputError(field=program, message="it is not installed", remedy=remedy) from missing
    except subprocess.CalledProcessError as failed:
        said = failed.stderr.strip().splitlines() or [f"it ended with code {failed.returncode}"]
        remedy = "See that there is room, and that the program is not older than the server"
        raise InputError(field=program, message=said[0], remedy=remedy) from failed


KINDS: Mapping[str, Kind] = {
    "sqlite": Kind(file="database.sqlite3", dump=dump_sqlite, load=load_sqlite, clear=clear_sqlite),
    "postgresql": Kind(file="database.dump", dump=dump_postgres, load=load_postgres, clear=clear_postgres),
}
