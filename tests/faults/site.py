"""A whole site for the faults: every process of its own, a study with made-up images, what its database says in the end."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tests.services import processes
from tests.services.deployment import Deployment
from tests.services.processes import Running


@dataclass(frozen=True, kw_only=True)
class Site:
    """What runs, by kind; each can be killed and started again."""

    deployment: Deployment
    running: dict[str, Running]
    study: str
    """Id of the study."""

    @property
    def path(self) -> str:
        """The participants' page."""
        return f"/p/{self.study}/"

    def restart(self, kind: str) -> None:
        """Start what was killed."""
        self.running[kind] = self.deployment.restart(self.running[kind])

    def ask_database(self, question: str, *words: str) -> Any:
        """What the function `question` of `tests.faults.database` tells of the site's own database."""
        path = self.deployment.folder / f"{question}.json"
        arguments = ", ".join(repr(word) for word in (str(path), *words))
        code = f"from tests.faults import database; database.{question}({arguments})"
        self.deployment.manage("shell", "--verbosity", "0", "--command", code)
        return json.loads(path.read_text())


@contextmanager
def site(folder: Path, *, database: str, trials: int) -> Iterator[Site]:
    """A site on PostgreSQL and Redis, or on SQLite and files; all of its processes are gone when the block ends."""
    with ExitStack() as stack:
        env, servers = _on_servers(folder, stack) if database == "postgres" else (_on_files(folder), {})
        deployment = Deployment(folder, env)
        stack.callback(deployment.stop)
        made = Site(deployment=deployment, running={"web": deployment.web, **servers}, study="")
        # Before there are workers: they would try to make what is made up here.
        study = made.ask_database("open_study", str(trials))
        with ThreadPoolExecutor() as pool:
            workers = {"web worker": deployment.start_web_worker, "GPU worker": deployment.start_gpu_worker}
            starting = {kind: pool.submit(start) for kind, start in workers.items()}
        made.running.update({kind: started.result() for kind, started in starting.items()})
        yield replace(made, study=study)


def _on_servers(folder: Path, stack: ExitStack) -> tuple[dict[str, str], dict[str, Running]]:
    """A PostgreSQL that waits for the disk, as in production, and a Redis that forgets everything when it dies."""
    servers = {}
    for kind, start in (("Redis", processes.start_redis), ("PostgreSQL", _durable_postgres)):
        servers[kind] = start(folder)
        stack.callback(servers[kind].kill9)
    return {
        "DATABASE_URL": servers["PostgreSQL"].url,
        "REDIS_URL": servers["Redis"].url,
        "BROKER_URL": "",
        "RESULT_URL": "",
    }, servers


def _durable_postgres(folder: Path) -> Running:
    return processes.start_postgres(folder, durable=True)


def _on_files(folder: Path) -> dict[str, str]:
    return {
        "DATABASE_URL": f"sqlite:///{folder}/db.sqlite3",
        "REDIS_URL": "",
        "BROKER_URL": f"filesystem://{folder}/queue",
        "RESULT_URL": f"file://{folder}/results",
    }
