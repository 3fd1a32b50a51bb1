"""The processes of a deployment on one machine, as children of a command: workers and web server. For demo and simulation."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from experiments import jobs

LOGS = jobs.VAR / "log"
GRACE_SECONDS = 8


class ChildDied(Exception):  # noqa: N818 -- names what happened
    """A child process ended by itself; its log says why."""


class Children:
    """Processes, each in a group of its own; leaving the block ends them all."""

    def __init__(self) -> None:
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> "Children":
        LOGS.mkdir(parents=True, exist_ok=True)
        return self

    def __exit__(self, *error: object) -> None:
        for process in self.running.values():
            self._signal(process, signal.SIGTERM)
        deadline = time.monotonic() + GRACE_SECONDS
        for process in self.running.values():
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(max(0.0, deadline - time.monotonic()))
            # Also what a process left behind in its group, such as a worker in the middle of a long step.
            self._signal(process, signal.SIGKILL)
            process.wait()

    def start(self, name: str, *command: str, **env: str) -> None:
        """Start `python -m <command>`, its output in `var/log/<name>.log`."""
        with (LOGS / f"{name}.log").open("ab") as log:
            self.running[name] = subprocess.Popen(  # noqa: S603 -- our own commands
                [sys.executable, "-m", *command],
                env={**os.environ, **env},
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )

    def check(self) -> None:
        """Raise ChildDied if one has ended."""
        for name, process in self.running.items():
            if process.poll() is not None:
                raise ChildDied(f"the {name} ended with code {process.returncode}; its last words are in {LOGS / name}.log")

    @staticmethod
    def _signal(process: subprocess.Popen[bytes], number: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)


@contextmanager
def deployment(port: int) -> Iterator[Children]:
    """A GPU worker, a web worker and a web server on `port`, until the block is left."""
    with Children() as children:
        worker = ("celery", "-A")
        children.start("gpu worker", *worker, "experiments.celery_app", "worker", "-Q", "gpu", "-n", "gpu@%h", "-l", "INFO")
        children.start("web worker", *worker, "webapp.celery_app", "worker", "-Q", "web", "-n", "web@%h", "-l", "INFO")
        server = ("gunicorn", "webapp.wsgi", "--config", "python:webapp.serving")
        children.start("web server", *server, "--bind", f"127.0.0.1:{port}")
        yield children
