"""Starts real servers and workers as child processes: PostgreSQL, Redis, Celery, gunicorn. Called by fixtures and benchmarks.

Each runs in its own process group on a free port with its output in a log file, and is ended by its process id.
"""

import contextlib
import fcntl
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import redis

from tests.services.kinship import descendants, is_alive

CHECKOUT = Path(__file__).resolve().parents[2]
# Long: importing torch on a busy machine takes half a minute.
START_SECONDS = 180
STOP_SECONDS = 30
PORTS = range(20_000, 30_000)
# A fast shutdown: PostgreSQL's SIGTERM waits for every client to leave.
POSTGRES_STOP = signal.SIGINT
MIGRATE = ("migrate", "--noinput", "--verbosity", "0")
THIS_RUN = os.environ.get("PYTEST_XDIST_TESTRUNUID", uuid.uuid4().hex)
"""Shared by the processes whose tests run side by side."""


class ServiceMissingError(RuntimeError):
    """A program that a service needs is not installed; the message says which and how to get it."""


@dataclass(frozen=True, kw_only=True)
class Running:
    """A child process that is ready for work."""

    process: subprocess.Popen[bytes]
    log: Path
    url: str = ""
    """Where it is reached, if it listens."""
    stop_signal: signal.Signals = signal.SIGTERM
    again: Callable[[], "Running"] | None = None
    """Starts the same program anew: same command, same port, same data; for those that are killed and come back."""

    def stop(self) -> None:
        """Ask it to end and wait; whatever is left of its group after that is killed."""
        if self.process.poll() is None:
            self.process.send_signal(self.stop_signal)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(STOP_SECONDS)
        self.kill9()

    def kill9(self) -> None:
        """Kill the whole process group at once, as a power cut would."""
        # PostgreSQL's children leave the group that they are born in.
        children = descendants(self.process.pid)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        for child in children:
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        self.process.wait()
        deadline = time.monotonic() + STOP_SECONDS
        while any(is_alive(child) for child in children) and time.monotonic() < deadline:
            time.sleep(0.01)


def start_postgres(folder: Path, *, durable: bool = False) -> Running:
    """A private PostgreSQL cluster below `folder`; `durable` waits for the disk at each commit, as production does.

    Raises:
        ServiceMissingError: There are no server binaries.
    """
    binaries = _postgres_binaries()
    # initdb and postgres refuse to run as root.
    user = "postgres" if os.geteuid() == 0 else None
    data = folder / "postgres"
    data.mkdir(parents=True, mode=0o700)
    if user:
        shutil.chown(data, user, user)
    cluster = ["-D", str(data)]
    subprocess.run(
        [binaries / "initdb", *cluster, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"],
        user=user, group=user, cwd="/", check=True, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    port = free_port()
    switches = [] if durable else ["-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off"]
    command = [str(binaries / "postgres"), *cluster, "-p", str(port), "-k", str(data), "-h", "127.0.0.1", *switches]
    log = folder / "postgres.log"
    url = f"postgres://postgres@127.0.0.1:{port}/postgres"

    def start() -> Running:
        process = _spawn(command, log=log, env={}, user=user, cwd=Path("/"))
        running = Running(process=process, log=log, url=url, stop_signal=POSTGRES_STOP, again=start)
        wait_ready(running, lambda: "ready to accept connections" in log.read_text(errors="replace"))
        return running

    return start()


def start_redis(folder: Path) -> Running:
    """A private Redis that keeps everything in memory.

    Raises:
        ServiceMissingError: There is no redis-server.
    """
    binary = _program("redis-server", package="redis-server")
    port = free_port()
    log = folder / "redis.log"
    command = [binary, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]

    def start() -> Running:
        running = Running(process=_spawn(command, log=log, env={}), log=log, url=f"redis://127.0.0.1:{port}/0", again=start)
        wait_ready(running, lambda: _answers_ping(running.url))
        return running

    return start()


def start_worker(folder: Path, *, app: str, queue: str, env: Mapping[str, str], options: Sequence[str] = ()) -> Running:
    """A Celery worker of `app` on `queue`, with `env` added to this process's environment; `options` go to the command."""
    name = f"{queue}-{uuid.uuid4().hex[:8]}"
    log = folder / f"{name}.log"
    command = [sys.executable, "-m", "celery", "-A", app, "worker", "-Q", queue, "-n", f"{name}@%h", "--loglevel", "INFO"]

    def start() -> Running:
        running = Running(process=_spawn([*command, *options], log=log, env=env), log=log, again=start)
        wait_ready(running, lambda: " ready." in log.read_text(errors="replace"))
        return running

    return start()


def start_web(folder: Path, *, env: Mapping[str, str], workers: int = 1) -> Running:
    """The web process behind gunicorn on a free port, its database migrated; `env` is added to this process's environment."""
    run_manage(*MIGRATE, env=env)
    return serve(folder, env=env, workers=workers)


def serve(folder: Path, *, env: Mapping[str, str], workers: int = 1) -> Running:
    """The same on a database that is migrated already."""
    _collect_static(env)
    port = free_port()
    log = folder / f"web-{port}.log"
    command = [sys.executable, "-m", "gunicorn", "webapp.wsgi", "--config", "python:webapp.serving"]

    def start(is_ready: Callable[[], bool]) -> Running:
        process = _spawn([*command, "--workers", str(workers), "--bind", f"127.0.0.1:{port}"], log=log, env=env)
        running = Running(process=process, log=log, url=f"http://127.0.0.1:{port}", again=lambda: start(lambda: _listens(port)))
        wait_ready(running, is_ready)
        return running

    return start(lambda: _answers_http(f"http://127.0.0.1:{port}/healthz"))


def run_manage(*words: str, env: Mapping[str, str]) -> str:
    """What `python manage.py <words>` prints; CalledProcessError if it fails."""
    return run_python("manage.py", *words, env=env)


def run_commands(*commands: Sequence[str], env: Mapping[str, str]) -> str:
    """What several management commands print, one after the other in one process: a start takes longer than most of them."""
    code = f"from django.core.management import call_command\nfor words in {commands!r}: call_command(*words)"
    return run_manage("shell", "--no-imports", "--command", code, env=env)


def run_python(*words: str, env: Mapping[str, str]) -> str:
    """What `python <words>` prints in the checkout; CalledProcessError if it fails."""
    done = subprocess.run(
        [sys.executable, *words],
        cwd=CHECKOUT,
        env=_environment(env),
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return done.stdout


def find_chromium() -> str:
    """The path of a Chromium or Chrome.

    Raises:
        ServiceMissingError: There is none.
    """
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if path := shutil.which(name):
            return path
    raise ServiceMissingError("no chromium; on Debian: apt-get install chromium")


def find_firefox() -> str:
    """The path of a Firefox.

    Raises:
        ServiceMissingError: There is none.
    """
    return shutil.which("firefox") or _program("firefox-esr", package="firefox-esr")


def free_port() -> int:
    """A free port of 127.0.0.1, and none of those that the system deals out to whoever connects: so it stays free."""
    while True:
        port = PORTS.start + secrets.randbelow(len(PORTS))
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def _collect_static(env: Mapping[str, str]) -> None:
    """Collect the pages' files once for all tests of a run: it takes away what it writes anew, from under servers that are up."""
    folder = CHECKOUT / "var"
    folder.mkdir(exist_ok=True)
    with (folder / "collected-by").open("a+") as mark:
        fcntl.flock(mark, fcntl.LOCK_EX)
        mark.seek(0)
        if mark.read() != THIS_RUN:
            run_manage("collectstatic", "--noinput", "--verbosity", "0", env=env)
            mark.truncate(0)
            mark.write(THIS_RUN)


def _environment(env: Mapping[str, str]) -> dict[str, str]:
    """This process's environment and `env`; with the real settings, also where the caller runs under those of the tests."""
    return {**os.environ, "DJANGO_SETTINGS_MODULE": "webapp.settings", **env}


def _postgres_binaries() -> Path:
    """Debian keeps the servers of all versions below /usr/lib/postgresql, off the PATH; elsewhere they are on it."""
    newest_first = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda found: float(found.parent.name), reverse=True)
    for folder in newest_first:
        if (folder / "initdb").exists():
            return folder
    return Path(_program("initdb", package="postgresql")).parent


def _program(name: str, *, package: str) -> str:
    path = shutil.which(name)
    if path is None:
        raise ServiceMissingError(f"no {name}; on Debian: apt-get install {package}")
    return path


def _spawn(
    command: Sequence[str], *, log: Path, env: Mapping[str, str], user: str | None = None, cwd: Path = CHECKOUT
) -> subprocess.Popen[bytes]:
    with log.open("wb") as output:
        return subprocess.Popen(
            command, stdout=output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, start_new_session=True,
            cwd=cwd, env=_environment(env), user=user, group=user,
        )  # fmt: skip


def wait_ready(running: Running, is_ready: Callable[[], bool]) -> None:
    """Return when `is_ready`; if the process ends before that, or takes too long, kill it and show its log."""
    deadline = time.monotonic() + START_SECONDS
    while not is_ready():
        if running.process.poll() is not None or time.monotonic() > deadline:
            running.kill9()
            raise RuntimeError(f"{running.process.args!r} did not get ready; its log ends with\n{tail(running.log)}")
        time.sleep(0.05)


def tail(log: Path, lines: int = 40) -> str:
    """The last lines of a log."""
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])


def _answers_ping(url: str) -> bool:
    try:
        return bool(redis.Redis.from_url(url).ping())
    except redis.ConnectionError:
        return False


def _listens(port: int) -> bool:
    """Whether somebody accepts connections; unlike an answer that needs no database."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _answers_http(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=10):
            return True
    except urllib.error.HTTPError as error:
        raise RuntimeError(f"{url} answers {error.code}") from error
    except OSError:
        return False
