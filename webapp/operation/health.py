"""Whether each part that a deployment needs is there, and what to do if not. Asked by `/readyz` and by the metrics."""

import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from fsspec.implementations.local import LocalFileSystem

from experiments import jobs
from experiments.heard import LATELY_SECONDS, workers_heard
from webapp import compute
from webapp.stimuli.selectors import store

LEAST_FREE = 2**30
"""Bytes of free disk below which nothing more should be asked of a machine."""
KEPT_SECONDS = 5
"""However often one asks, the parts are looked at no more often."""


class PartDown(Exception):  # noqa: N818 -- names what is the case
    """A part does not work, for a reason that we can tell."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """A part as it was found."""

    name: str
    is_up: bool
    message: str = ""
    """What was found. Names machines: for operators."""
    remedy: str = ""
    """What to do; empty if it is up."""


def parts() -> tuple[Part, ...]:
    """All parts, as they were a few seconds ago at most."""
    return _parts(int(time.monotonic() / KEPT_SECONDS))


@lru_cache(maxsize=1)
def _parts(_moment: int) -> tuple[Part, ...]:
    return tuple(_part(name, look, remedy) for name, (look, remedy) in CHECKS.items())


def _part(name: str, look: Callable[[], str], remedy: str) -> Part:
    try:
        return Part(name=name, is_up=True, message=look())
    # Whatever a part's client raises says that it does not work.
    except Exception as error:
        return Part(name=name, is_up=False, message=f"{type(error).__name__}: {error}".partition("\n")[0], remedy=remedy)


def look_at_database() -> str:
    """It answers."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return connection.vendor


def look_at_migrations() -> str:
    """All of them were applied."""
    executor = MigrationExecutor(connection)
    if missing := executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise PartDown(f"{len(missing)} not applied, {missing[0][0]} first")
    return "all applied"


def look_at_broker() -> str:
    """It can be reached."""
    compute.check_broker()
    return "reached"


def look_at_results() -> str:
    """The result backend can be reached."""
    compute.check_results()
    return "reached"


def look_at_store() -> str:
    """The artifact store can be written to."""
    store().require_writable()
    return "writable"


def look_at_disk() -> str:
    """There is room on every disk of this machine that is written to."""
    free = {name: usage.free for name, usage in disk_usage().items()}
    for name, count in free.items():
        if count < LEAST_FREE:
            raise PartDown(f"{count / 2**20:.0f} MiB free on the disk of the {name}")
    return f"{min(free.values()) / 2**30:.0f} GiB free" if free else "no disk of this machine is written to"


def disk_usage() -> dict[str, Any]:
    """Used and free bytes of the disks on which this machine keeps artifacts and an embedded database."""
    folders = {"artifacts": store().root} if isinstance(store().fs, LocalFileSystem) else {}
    if connection.vendor == "sqlite":
        folders["database"] = str(Path(connection.settings_dict["NAME"]).parent)
    return {name: shutil.disk_usage(folder) for name, folder in folders.items() if Path(folder).is_dir()}


def look_for_worker(queue: str) -> str:
    """A worker of this queue was heard of lately."""
    heard = workers_heard(store(), queue=queue)
    if not heard:
        raise PartDown(f"none was heard of for {LATELY_SECONDS:.0f} s")
    return ", ".join(f"{worker} {age:.0f} s ago" for worker, age in sorted(heard.items()))


CHECKS: Mapping[str, tuple[Callable[[], str], str]] = {
    "database": (look_at_database, "Start the database, and see DATABASE_URL"),
    "migrations": (look_at_migrations, "Run `python manage.py migrate`"),
    "broker": (look_at_broker, "Start Redis, and see BROKER_URL; answers are taken without it, jobs wait"),
    "results": (look_at_results, "Start Redis, and see RESULT_URL; jobs go on when it is back"),
    "artifact store": (look_at_store, "See ARTIFACT_URL, the rights of its folder, and whether its disk is full"),
    "disk": (look_at_disk, "Make room; answers are refused when it is full"),
    "web worker": (lambda: look_for_worker(jobs.WEB_QUEUE), "Start `celery -A webapp.celery_app worker -Q web`"),
    "gpu worker": (lambda: look_for_worker(jobs.GPU_QUEUE), "Start `celery -A experiments.celery_app worker -Q gpu`"),
}
