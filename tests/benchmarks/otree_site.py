"""oTree with the study of `otree_study/` on a durable PostgreSQL, in an environment of its own: it needs libraries of 2020."""

import contextlib
import os
import shutil
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg

from tests.benchmarks.cpu import cpu_seconds
from tests.benchmarks.programs import programs
from tests.services import processes
from tests.services.processes import Running

STUDY = Path(__file__).parent / "otree_study"
START_SECONDS = 60


@dataclass(frozen=True, kw_only=True)
class OtreeSite:
    """A running oTree with its participants."""

    web: Running
    database: Running
    database_url: str
    participants: list[str]
    """oTree's codes of them."""

    def cpu_seconds(self) -> dict[str, float]:
        """CPU time that each part has used so far."""
        return {"web": cpu_seconds(self.web.process.pid), "database": cpu_seconds(self.database.process.pid)}

    def stored(self) -> Counter[str]:
        """How many answers of each participant the database holds."""
        with psycopg.connect(self.database_url) as connection:
            rows = connection.execute(
                "SELECT one.code, count(*) FROM two_afc_player AS trial JOIN otree_participant AS one "
                "ON one.id = trial.participant_id WHERE trial.choice IS NOT NULL GROUP BY one.code"
            )
            return Counter(dict(rows.fetchall()))


@contextlib.contextmanager
def otree_site(*, sessions: int) -> Iterator[OtreeSite]:
    """oTree's production server before a new session of so many participants; all goes when the block ends."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="unitscope-otree-")))
        # PostgreSQL refuses to run as root, and its user must pass through here.
        folder.chmod(0o755)
        postgres = processes.start_postgres(folder, durable=True)
        stack.callback(postgres.stop)
        url = postgres.url.replace("postgres://", "postgresql://", 1)
        project = folder / "project"
        shutil.copytree(STUDY, project)
        # oTree does not start without it.
        (project / "_static").mkdir()
        env = {**os.environ, "PATH": f"{programs('otree')}:{os.environ['PATH']}", "DATABASE_URL": url}
        env |= {"OTREE_PRODUCTION": "1", "OTREE_SECRET_KEY": "only-for-benchmarks", "OTREE_ADMIN_PASSWORD": "unused"}
        for words in (("resetdb", "--noinput"), ("create_session", "two_afc", str(sessions))):
            subprocess.run(["otree", *words], cwd=project, env=env, check=True, capture_output=True)
        web = _serve(project, env)
        stack.callback(web.stop)
        with psycopg.connect(url) as connection:
            codes = [code for (code,) in connection.execute("SELECT code FROM otree_participant ORDER BY id").fetchall()]
        yield OtreeSite(web=web, database=postgres, database_url=url, participants=codes)


def _serve(project: Path, env: dict[str, str]) -> Running:
    """oTree's production server with the second process that it asks for."""
    port, log = processes.free_port(), project / "web.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            ["otree", "prodserver", f"127.0.0.1:{port}"],
            cwd=project, env=env, stdout=output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
    running = Running(process=process, log=log, url=f"http://127.0.0.1:{port}")
    deadline = time.monotonic() + START_SECONDS
    while not _answers(running.url):
        if process.poll() is not None or time.monotonic() > deadline:
            running.kill9()
            raise RuntimeError(f"oTree did not get ready; its log ends with\n{processes.tail(log)}")
        time.sleep(0.1)
    return running


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=10):
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
