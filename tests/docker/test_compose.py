"""The compose file: what runs, pinned, healthy, confined, and with no secret of its own."""

import os
import re
import subprocess
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
import yaml

from tests.services.processes import CHECKOUT

pytestmark = pytest.mark.unit

TEXT = (CHECKOUT / "docker/compose.yml").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
# No deployment is debugged, REDIS_URL sets the queue's two, the images know their folders and have no TensorBoard.
NOT_IN_COMPOSE = {"DEBUG", "BROKER_URL", "RESULT_URL", "ARTIFACT_URL", "ZOO_DIR", "TENSORBOARD_DIR"}
OURS = ("migrate", "web", "web-queue", "gpu-queue")


def test_compose_has_the_services_of_the_design() -> None:
    assert set(SERVICES) == {"migrate", "web", "web-queue", "gpu-queue", "postgres", "redis", "caddy"}


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_service_pins_its_image(name: str) -> None:
    assert re.fullmatch(r"unitscope-(web|worker):local|(postgres|redis|caddy):\d+\.\d+\S*", SERVICES[name]["image"])


@pytest.mark.parametrize(("name", "mended"), [("postgres", (15, 15)), ("redis", (7, 4, 6))])
def test_server_is_above_known_holes(name: str, mended: tuple[int, ...]) -> None:
    """PostgreSQL: CVE-2025-12817, CVE-2025-12818. Redis: CVE-2025-49844 and the three that came with it."""
    version = SERVICES[name]["image"].partition(":")[2].partition("-")[0]

    assert tuple(map(int, version.split("."))) >= mended


@pytest.mark.parametrize("name", sorted(set(SERVICES) - {"migrate"}))
def test_service_tells_its_health(name: str) -> None:
    assert SERVICES[name]["healthcheck"]["test"][0] in ("CMD", "CMD-SHELL")


def test_only_caddy_is_published() -> None:
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["caddy"]


def test_no_secret_has_a_default() -> None:
    secrets = re.findall(r"\$\{(\w*(?:PASSWORD|KEY)\w*)([^}]*)\}", TEXT)

    assert {name for name, _ in secrets} == {"SECRET_KEY", "POSTGRES_PASSWORD", "REDIS_PASSWORD"}
    assert {rest for _, rest in secrets} == {":?set it in .env"}


def test_every_variable_stands_in_the_example() -> None:
    example = (CHECKOUT / ".env.example").read_text()

    wanted = set(re.findall(r"\$\{(\w+)", TEXT))

    assert wanted == {name for name in wanted if re.search(rf"^(# )?{name}=", example, re.MULTILINE)}


def test_every_documented_variable_reaches_its_process() -> None:
    table = re.findall(r"^\| (`[A-Z_`, ]+`) \| (web|gpu|both) \|", (CHECKOUT / "docs/operate.md").read_text(), re.MULTILINE)
    wanted = {
        (service, name)
        for names, reader in table
        for name in set(re.findall(r"\w+", names)) - NOT_IN_COMPOSE
        for service in ("web", "gpu-queue")
        if reader in ("both", service.partition("-")[0])
    }

    assert {("web", "START_RATE"), ("web", "LOST_SECONDS"), ("gpu-queue", "LOST_SECONDS"), ("gpu-queue", "THREADS")} <= wanted
    assert sorted((service, name) for service, name in wanted if name not in SERVICES[service]["environment"]) == []


@pytest.mark.parametrize("dockerfile", sorted((CHECKOUT / "docker").glob("*.Dockerfile")), ids=lambda path: path.name)
def test_dockerfile_pins_its_bases_and_is_not_root(dockerfile: Any) -> None:
    text = dockerfile.read_text()

    assert all(re.search(r":\d+\.\d+\.\d+-", base) for base in re.findall(r"^FROM (\S+)", text, re.MULTILINE))
    assert re.findall(r"^USER (\d+)$", text, re.MULTILINE) == ["10001"]


@pytest.mark.parametrize("name", OURS)
def test_process_of_ours_has_no_right_that_it_does_not_need(name: str) -> None:
    service = SERVICES[name]

    assert service["user"] == "10001"
    assert service["cap_drop"] == ["ALL"]
    assert "cap_add" not in service
    assert service["read_only"] is True
    assert service["pids_limit"] <= 512


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_service_gains_no_rights_and_has_bounded_memory(name: str) -> None:
    assert SERVICES[name]["security_opt"] == ["no-new-privileges:true"]
    assert SERVICES[name]["mem_limit"]
    assert "privileged" not in SERVICES[name]


def test_gpu_worker_reaches_the_queue_and_nothing_else() -> None:
    worker = SERVICES["gpu-queue"]

    assert worker["networks"] == ["queue"]
    assert COMPOSE["networks"]["queue"]["internal"] is COMPOSE["networks"]["database"]["internal"] is True
    assert set(worker["environment"]) == {"REDIS_URL", "DEVICE", "THREADS", "MEMORY_GIB", "LOST_SECONDS", "HOME"}


def test_redis_asks_for_a_password_and_is_reached_from_inside_alone() -> None:
    redis = SERVICES["redis"]

    assert redis["command"][:2] == ["redis-server", "--requirepass"]
    assert (redis["networks"], SERVICES["postgres"]["networks"]) == (["queue"], ["database"])
    assert SERVICES["caddy"]["networks"] == ["outside"]


@pytest.mark.integration
def test_role_of_the_web_process_owns_its_database_and_no_more(postgres: str, new_database: Callable[[], str]) -> None:
    url = new_database()
    place = urlsplit(url)
    reached = {"PGHOST": str(place.hostname), "PGPORT": str(place.port), "POSTGRES_DB": place.path[1:]}
    environment = {**os.environ, **reached, "POSTGRES_PASSWORD": "a'quoted\\one"}

    try:
        subprocess.run(["sh", str(CHECKOUT / "docker/database-role.sh")], env=environment, check=True, stdout=subprocess.DEVNULL)
        with psycopg.connect(url.replace("postgres@", "unitscope@"), autocommit=True) as role:
            role.execute("CREATE TABLE one (id int)")
            for forbidden in ("CREATE ROLE another", "CREATE DATABASE another", "SELECT pg_read_file('/etc/hostname')"):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    role.execute(forbidden)
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                role.execute("COPY one FROM PROGRAM 'id'")
    finally:
        with psycopg.connect(url, autocommit=True) as superuser:
            superuser.execute("DROP TABLE IF EXISTS one")
            superuser.execute("REASSIGN OWNED BY unitscope TO postgres")
            superuser.execute("DROP OWNED BY unitscope")
            superuser.execute("DROP ROLE unitscope")
