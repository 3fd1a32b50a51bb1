"""What the benchmarks over HTTP share: a durable database with gunicorn before it as in production, filled; and its memory."""

import contextlib
import csv
import io
import json
import tempfile
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.benchmarks.cpu import cpu_seconds
from tests.services import processes
from tests.services.processes import Running

# The command of docker/web.Dockerfile.
WORKERS = 2
DATABASES = {"PostgreSQL": "", "SQLite": "_sqlite"}
"""With what the names of their rows end."""
# The participants and the researcher of a benchmark come from one address and never pause.
UNLIMITED = {"START_RATE": "100000/s", "ANSWER_RATE": "100000/s", "PLAN_RATE": "100000/s", "TOKEN_RATE": "100000/s"}


@dataclass(frozen=True, kw_only=True)
class Site:
    """A running site and what was put into its database."""

    folder: Path
    env: dict[str, str]
    web: Running
    beside: dict[str, Running]
    """The database and Redis, where they are processes of their own."""
    prepared: dict[str, Any]

    @property
    def database_url(self) -> str:
        """For clients of the database."""
        return self.env["DATABASE_URL"]

    def memory_mib(self, field: str) -> float:
        """`VmRSS` (now) or `VmHWM` (the peak so far) of all processes of the web server together."""
        return sum(self.processes_mib(field).values())

    def processes_mib(self, field: str) -> dict[int, float]:
        """The same of each process, by its id."""
        found = {}
        for pid in _processes(self.web.process.pid):
            lines = Path(f"/proc/{pid}/status").read_text().splitlines()
            found[pid] = sum(int(line.split()[1]) for line in lines if line.startswith(f"{field}:")) / 1024
        return found

    def cpu_seconds(self) -> dict[str, float]:
        """CPU time that each part has used so far."""
        return {name: cpu_seconds(part.process.pid) for name, part in {"web": self.web, **self.beside}.items()}

    def responses(self, study: str) -> list[dict[str, str]]:
        """The export of a study, by HTTP."""
        request = urllib.request.Request(
            f"{self.web.url}/api/v1/studies/{study}/responses?format=csv",
            headers={"Authorization": f"Token {self.prepared['token']}"},
        )
        with urllib.request.urlopen(request, timeout=600) as response:
            return list(csv.DictReader(io.TextIOWrapper(response, encoding="utf-8", newline="")))


@contextlib.contextmanager
def site(prepare: str, *, count: int, database: str = "PostgreSQL") -> Iterator[Site]:
    """A site on one of `DATABASES`, filled by `preparation.<prepare>`; its processes and files go when the block ends."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="unitscope-bench-")))
        # PostgreSQL refuses to run as root, and its user must pass through here.
        folder.chmod(0o755)
        beside = _as_composed(folder, stack) if database == "PostgreSQL" else {}
        found = {"DATABASE_URL": f"sqlite:///{folder}/db.sqlite3", "REDIS_URL": ""}
        if beside:
            urls = {"DATABASE_URL": beside["database"].url, "REDIS_URL": beside["redis"].url}
            found = {**urls, "PROMETHEUS_MULTIPROC_DIR": f"{folder}/metrics"}
        env = {
            **UNLIMITED,
            "SECRET_KEY": "only-for-benchmarks",
            **found,
            "BROKER_URL": f"filesystem://{folder}/queue",
            "RESULT_URL": f"file://{folder}/results",
            "ARTIFACT_URL": f"{folder}/artifacts",
        }
        web = processes.start_web(folder, env=env, workers=WORKERS)
        stack.callback(web.stop)
        path = folder / "prepared.json"
        code = f"from tests.benchmarks import preparation; preparation.{prepare}({str(path)!r}, count={count})"
        processes.run_manage("shell", "--verbosity", "0", "--command", code, env=env)
        yield Site(folder=folder, env=env, web=web, beside=beside, prepared=json.loads(path.read_text()))


def _as_composed(folder: Path, stack: contextlib.ExitStack) -> dict[str, Running]:
    """What docker/compose.yml has beside the web server."""
    beside = {"database": processes.start_postgres(folder, durable=True), "redis": processes.start_redis(folder)}
    for running in beside.values():
        stack.callback(running.stop)
    return beside


def _processes(parent: int) -> list[int]:
    """A process and its children."""
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return [parent, *map(int, children)]
