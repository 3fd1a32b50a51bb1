"""Label Studio on SQLite with a project of annotated tasks, in an environment of its own: it wants other releases of Django.

Served by `label-studio start`, as who installs it from PyPI does. It asks nobody outside of this machine.
"""

import contextlib
import json
import os
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.benchmarks.programs import programs
from tests.benchmarks.servers import Site
from tests.services import processes
from tests.services.processes import Running

TOKEN = "onlyforbenchmarks"
PROJECT = "/api/projects/1"
CONFIG = """<View>
  <Text name="trial" value="$trial_id"/>
  <Choices name="choice" toName="trial" choice="single-radio"><Choice value="upper"/><Choice value="lower"/></Choices>
</View>"""
QUIET = {"COLLECT_ANALYTICS": "False", "LATEST_VERSION_CHECK": "False", "SENTRY_DSN": "", "FRONTEND_SENTRY_DSN": ""}
SECONDS = 600
"""That it may take in all, from an empty folder to the last export."""
BATCH = 5000
"""Tasks by request."""


@dataclass(frozen=True, kw_only=True)
class LabelStudio:
    """What is in its folder; a server comes and goes, so that the memory of each export is measured from a fresh one."""

    folder: Path
    env: dict[str, str]
    deadline: float

    @contextlib.contextmanager
    def served(self) -> Iterator[Site]:
        """Its server, until the block ends."""
        port, log = processes.free_port(), self.folder / "web.log"
        command = ["label-studio", "start", "--no-browser", "--internal-host", "127.0.0.1", "--port", str(port)]
        with log.open("wb") as output:
            process = subprocess.Popen(
                command, env=self.env, cwd=self.folder, start_new_session=True,
                stdout=output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
            )  # fmt: skip
        web = Running(process=process, log=log, url=f"http://127.0.0.1:{port}")
        try:
            processes.wait_ready(web, lambda: _is_up(web.url))
            yield Site(folder=self.folder, env=self.env, web=web, prepared={"token": TOKEN})
        finally:
            web.kill9()

    def seconds_left(self) -> float:
        """Of its `SECONDS`.

        Raises:
            TimeoutError: They are over.
        """
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError(f"Label Studio was not done in {SECONDS} s")
        return left


@contextlib.contextmanager
def label_studio(responses: Sequence[dict[str, str]]) -> Iterator[LabelStudio]:
    """A project with a task for each response, annotated with its choice, put in by its REST interface."""
    with tempfile.TemporaryDirectory(prefix="unitscope-label-studio-") as name:
        folder = Path(name)
        # None of our own variables, since it reads such common names as DEBUG and SECRET_KEY.
        env = {
            "PATH": f"{programs('label_studio')}:{os.environ['PATH']}",
            "HOME": name,
            "LABEL_STUDIO_BASE_DATA_DIR": name,
            **QUIET,
        }
        found = LabelStudio(folder=folder, env=env, deadline=time.monotonic() + SECONDS)
        (folder / "config.xml").write_text(CONFIG)
        person = ["--username", "researcher@example.org", "--password", TOKEN, "--user-token", TOKEN, "--enable-legacy-api-token"]
        subprocess.run(
            ["label-studio", "init", "responses", "--quiet", "--no-browser", "--label-config", "config.xml", *person],
            env=env, cwd=folder, check=True, capture_output=True, timeout=found.seconds_left(),
        )  # fmt: skip
        with found.served() as site:
            for begin in range(0, len(responses), BATCH):
                tasks = [_task(row) for row in responses[begin : begin + BATCH]]
                with asked(site, f"{PROJECT}/import", body=tasks, timeout=found.seconds_left()) as answer:
                    if (taken := json.load(answer)["annotation_count"]) != len(tasks):
                        raise RuntimeError(f"Label Studio took {taken} of {len(tasks)} annotations")
        yield found


def asked(site: Site, path: str, *, body: Any = None, timeout: float) -> Any:
    """The open answer of a site; a POST where there is a body.

    Raises:
        TimeoutError: It does not begin within `timeout` seconds.
    """
    headers = {"Authorization": f"Token {site.prepared['token']}", "Content-Type": "application/json"}
    content = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{site.web.url}{path}", data=content, headers=headers)
    try:
        return urllib.request.urlopen(request, timeout=timeout)
    except TimeoutError as error:
        raise TimeoutError(f"{path} was not answered within {timeout:.0f} s") from error


def _task(row: dict[str, str]) -> dict[str, Any]:
    """A response as a task, which holds all but what the person chose, and its annotation."""
    chosen = {"from_name": "choice", "to_name": "trial", "type": "choices", "value": {"choices": [row["choice"]]}}
    shown = {name: value for name, value in row.items() if name != "choice"}
    return {"data": shown, "annotations": [{"result": [chosen], "lead_time": float(row["rt"]) / 1000}]}


def _is_up(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/health", timeout=10):
            return True
    except OSError:
        return False
