"""Each image without a Docker engine: its files are copied and its install line is run in an empty virtual environment.

Then its command starts there, and what the image must not hold must not be importable. Torch makes it a matter of minutes.
"""

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from tests.services import processes
from tests.services.processes import CHECKOUT

pytestmark = pytest.mark.integration

READY_SECONDS = 300


@dataclass(frozen=True, kw_only=True)
class Image:
    """The virtual environment and the folder that stand for an image's file system."""

    bin: Path
    app: Path
    command: list[str]
    env: dict[str, str]

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a program of the image to its end."""
        return subprocess.run(
            [str(self.bin / words[0]), *words[1:]],
            cwd=self.app,
            env=self.env,
            capture_output=True,
            text=True,
            timeout=READY_SECONDS,
        )

    @contextlib.contextmanager
    def running(self, command: list[str], *, sign: str) -> Iterator[Path]:
        """Run `command` until the block is left; entered, with its log, when it has printed `sign`."""
        log = self.app / "log.txt"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [str(self.bin / command[0]), *command[1:]],
                cwd=self.app, env=self.env, stdout=output, stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip
        try:
            deadline = time.monotonic() + READY_SECONDS
            while sign not in log.read_text():
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < deadline, log.read_text()
                time.sleep(0.2)
            yield log
        finally:
            processes.Running(process=process, log=log).stop()


@pytest.fixture(scope="module")
def web_image(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Image]:
    """What docker/web.Dockerfile makes."""
    yield from _build("web", tmp_path_factory.mktemp("web"))


@pytest.fixture(scope="module")
def worker_image(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Image]:
    """What docker/worker.Dockerfile makes."""
    yield from _build("worker", tmp_path_factory.mktemp("worker"))


def test_web_image_serves(web_image: Image) -> None:
    port = processes.free_port()
    command = [word.replace("0.0.0.0:8000", f"127.0.0.1:{port}") for word in web_image.command]

    collected = web_image.run("python", "manage.py", "collectstatic", "--noinput")
    with (
        web_image.running(command, sign=f"Listening at: http://127.0.0.1:{port}"),
        urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=READY_SECONDS) as response,
    ):
        body = response.read()

    assert collected.returncode == 0, collected.stderr
    assert body == b"ok\n"


def test_web_image_runs_the_web_queue(web_image: Image) -> None:
    migrated = web_image.run("python", "manage.py", "migrate", "--verbosity", "0")

    with web_image.running(_compose_services()["web-queue"]["command"], sign=" ready.") as log:
        tasks = log.read_text()

    assert migrated.returncode == 0, migrated.stderr
    assert "webapp.stimuli.job_finished" in tasks


def test_web_image_holds_no_torch(web_image: Image) -> None:
    assert _cannot_import("torch", web_image)


def test_worker_image_runs_the_gpu_queue(worker_image: Image) -> None:
    with worker_image.running(worker_image.command, sign=" ready.") as log:
        tasks = log.read_text()

    assert "experiments.make" in tasks


def test_worker_image_holds_no_django(worker_image: Image) -> None:
    assert _cannot_import("django", worker_image)
    assert _cannot_import("webapp", worker_image)


def _cannot_import(module: str, image: Image) -> bool:
    done = image.run("python", "-c", f"import {module}")
    return done.returncode == 1 and f"No module named '{module}'" in done.stderr


def _compose_services() -> dict[str, dict[str, list[str]]]:
    services: dict[str, dict[str, list[str]]] = yaml.safe_load((CHECKOUT / "docker/compose.yml").read_text())["services"]
    return services


def _build(name: str, folder: Path) -> Iterator[Image]:
    """Follow the last stage of a Dockerfile: COPY, RUN pip install, CMD. The folder goes afterwards: torch takes gigabytes."""
    last_stage = _instructions((CHECKOUT / f"docker/{name}.Dockerfile").read_text())
    app, environment = folder / "app", folder / "environment"
    app.mkdir()
    subprocess.run([sys.executable, "-m", "venv", environment], check=True)
    for word, rest in last_stage:
        if word == "COPY":
            _copy(rest, app)
        elif word == "RUN" and rest.startswith("pip install"):
            done = subprocess.run(
                f"{environment}/bin/python -m {rest}",
                shell=True,
                cwd=app,
                # Compiling 18 000 files of which a few are imported is most of what the processor does here.
                env={**_clean_environment(folder), "PIP_COMPILE": "0"},
                capture_output=True,
                text=True,
            )
            assert done.returncode == 0, done.stderr[-2000:]
    (command,) = [json.loads(rest) for word, rest in last_stage if word == "CMD"]
    yield Image(bin=environment / "bin", app=app, command=command, env=_clean_environment(folder))
    shutil.rmtree(folder)


def _instructions(dockerfile: str) -> list[tuple[str, str]]:
    """The instructions of the last stage as pairs of word and rest, continued lines joined."""
    joined = re.sub(r"\\\n\s*", "", re.sub(r"^#.*\n", "", dockerfile, flags=re.MULTILINE))
    pairs = [(line.partition(" ")[0], line.partition(" ")[2]) for line in joined.splitlines() if line]
    last_from = max(i for i, (word, _) in enumerate(pairs) if word == "FROM")
    return pairs[last_from + 1 :]


def _copy(rest: str, app: Path) -> None:
    """Do what COPY does; the front end is taken as it was built in the checkout."""
    *sources, target = [word for word in rest.split() if not word.startswith("--from=")]
    for source in sources:
        path = CHECKOUT / source.removeprefix("/")
        if path.is_dir():
            shutil.copytree(path, app / target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(path, app / target)


def _clean_environment(folder: Path) -> dict[str, str]:
    """Nothing of the tests' own settings but what pip needs to find packages."""
    kept = {name: value for name, value in os.environ.items() if name.startswith("PIP_") or name in ("PATH", "HOME")}
    queues = {"BROKER_URL": f"filesystem://{folder}/queue", "RESULT_URL": f"file://{folder}/results"}
    database = {"DATABASE_URL": f"sqlite:///{folder}/db.sqlite3", "SECRET_KEY": "only-for-tests"}
    return {**kept, **queues, **database, "ARTIFACT_URL": f"{folder}/artifacts", "PYTHONUNBUFFERED": "1"}
