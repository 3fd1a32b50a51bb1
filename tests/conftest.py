"""Fixtures that start real services, and the rules of a test run: cheapest first, and in CI nothing is skipped.

Property tests take the same examples in every run, and none of them asserts anything about time.
"""

import contextlib
import os
import tempfile
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol, TypeVar

import psycopg
import pytest
import redis
from django.conf import settings
from django.db import connections
from environ import Env
from hypothesis import HealthCheck
from hypothesis import settings as property_settings
from pytest_django import DjangoDbBlocker
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling
from xdist.workermanage import WorkerController

from tests.services import processes
from tests.services.processes import Running, ServiceMissingError

Found = TypeVar("Found")
COSTS = ("unit", "integration", "e2e", "gpu")
TOGETHER = ("tests/services/", "tests/e2e/")
"""Folders whose tests share a deployment or a Redis."""
NO_POSTGRES = pytest.StashKey[str]()
NO_POSTGRES_KEY = "no postgres"

property_settings.register_profile("repeatable", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
property_settings.load_profile("repeatable")


class StartWorker(Protocol):
    """Starts a Celery worker; it ends with the test module at the latest."""

    def __call__(
        self, *, env: Mapping[str, str], app: str = "experiments.celery_app", queue: str = "gpu", options: Sequence[str] = ()
    ) -> Running: ...


class StartWeb(Protocol):
    """Starts the web process; it ends with the test module at the latest."""

    def __call__(self, *, env: Mapping[str, str]) -> Running: ...


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Run the cheapest tests first, but the dearest where they run side by side: small ones fill what is left of the time.

    Each must say what it costs.
    """
    for item in items:
        if not any(item.get_closest_marker(cost) for cost in COSTS):
            raise pytest.UsageError(f"{item.nodeid} has none of the markers {', '.join(COSTS)}")
    is_side_by_side = hasattr(config, "workerinput")
    items.sort(key=lambda item: [item.get_closest_marker(cost) is None for cost in COSTS], reverse=is_side_by_side)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Where CI=true everything is installed, so that a skipped test is a failed one."""
    report = yield
    if report.skipped and not hasattr(report, "wasxfail") and os.environ.get("CI") == "true":
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped, and here nothing may be: {report.longrepr}"
    return report


class OneDeploymentAtATime(LoadScopeScheduling):
    """Of tests that run side by side a module stays in one process, and a folder whose tests share what they run on."""

    def _split_scope(self, nodeid: str) -> str:
        together = [folder for folder in TOGETHER if nodeid.startswith(folder)]
        return together[0] if together else super()._split_scope(nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    """Who runs which tests, where they run side by side."""
    return OneDeploymentAtATime(config, log)


def pytest_testnodedown(node: WorkerController) -> None:
    """Of tests that ran side by side: what a worker knows and the summary has to say."""
    if missing := getattr(node, "workeroutput", {}).get(NO_POSTGRES_KEY):
        node.config.stash[NO_POSTGRES] = missing


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """A line per part that had to be skipped, and why."""
    if NO_POSTGRES in config.stash:
        terminalreporter.write_line(f"Database tests ran on SQLite: {config.stash[NO_POSTGRES]}")
    reasons = Counter(report.longrepr[2].removeprefix("Skipped: ") for report in terminalreporter.getreports("skipped"))
    for reason, count in reasons.items():
        terminalreporter.write_line(f"Skipped {count} tests: {reason}")


@pytest.fixture(scope="session")
def services_folder() -> Iterator[Path]:
    """Data and logs of servers. Open to other users, as pytest's own folders are not: PostgreSQL refuses to run as root."""
    with tempfile.TemporaryDirectory(prefix="unitscope-services-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture(scope="session")
def postgres(services_folder: Path) -> Iterator[str]:
    """URL of the superuser's database in a private PostgreSQL cluster."""
    running = _found_or_skipped(lambda: processes.start_postgres(services_folder))
    yield running.url
    running.stop()


@pytest.fixture(scope="session")
def new_database(postgres: str) -> Callable[[], str]:
    """A function that gives the URL of a new, empty PostgreSQL database, for processes that are given DATABASE_URL."""

    def created() -> str:
        name = f"d{uuid.uuid4().hex[:12]}"
        with psycopg.connect(postgres, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return f"{postgres.rpartition('/')[0]}/{name}"

    return created


@pytest.fixture(scope="session")
def redis_server(services_folder: Path) -> Iterator[Running]:
    """A private Redis; take `redis_url` unless its process is the subject."""
    running = _found_or_skipped(lambda: processes.start_redis(services_folder))
    yield running
    running.stop()


@pytest.fixture(scope="module")
def redis_url(redis_server: Running) -> str:
    """URL of an empty Redis."""
    with redis.Redis.from_url(redis_server.url) as client:
        client.flushall()
    return redis_server.url


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """Path of the browser for Playwright's `executable_path`."""
    return _found_or_skipped(processes.find_chromium)


@pytest.fixture(scope="session")
def firefox_path() -> str:
    """Path of the other browser."""
    return _found_or_skipped(processes.find_firefox)


@pytest.fixture(scope="module")
def start_worker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StartWorker]:
    """A function that starts real Celery workers."""
    folder = tmp_path_factory.mktemp("workers")
    with contextlib.ExitStack() as running_workers:

        def start(
            *, env: Mapping[str, str], app: str = "experiments.celery_app", queue: str = "gpu", options: Sequence[str] = ()
        ) -> Running:
            running = processes.start_worker(folder, app=app, queue=queue, env=env, options=options)
            running_workers.callback(running.stop)
            return running

        yield start


@pytest.fixture(scope="module")
def live_server_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StartWeb]:
    """A function that starts the real web process behind gunicorn."""
    folder = tmp_path_factory.mktemp("web")
    with contextlib.ExitStack() as running_servers:

        def start(*, env: Mapping[str, str]) -> Running:
            running = processes.start_web(folder, env=env)
            running_servers.callback(running.stop)
            return running

        yield start


@pytest.fixture(scope="session")
def django_db_modify_db_settings(request: pytest.FixtureRequest) -> None:
    """pytest-django's hook: its test database lies in the private PostgreSQL, in SQLite where there is none."""
    try:
        url = request.getfixturevalue("postgres")
    except pytest.skip.Exception as missing:
        if os.environ.get("CI") == "true":
            raise
        request.config.stash[NO_POSTGRES] = str(missing)
        if hasattr(request.config, "workeroutput"):
            request.config.workeroutput[NO_POSTGRES_KEY] = str(missing)
        return
    settings.DATABASES["default"] = Env.db_url_config(url)
    connections.settings = connections.configure_settings(settings.DATABASES)
    with contextlib.suppress(AttributeError):
        # A connection that was made for SQLite at import time, if there is one.
        del connections["default"]


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """pytest-django's hook: tests that commit empty every table after themselves, which the audit's would refuse."""
    with django_db_blocker.unblock():
        if connections["default"].vendor == "postgresql":
            with connections["default"].cursor() as cursor:
                cursor.execute("ALTER TABLE participants_auditentry DISABLE TRIGGER audit_is_never_emptied")


def _found_or_skipped(find: Callable[[], Found]) -> Found:
    try:
        return find()
    except ServiceMissingError as missing:
        pytest.skip(str(missing))
