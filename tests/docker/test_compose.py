"""The compose file: what runs, pinned, healthy, and with no secret of its own."""

import re
from typing import Any

import pytest
import yaml

from tests.services.processes import CHECKOUT

pytestmark = pytest.mark.unit

TEXT = (CHECKOUT / "docker/compose.yml").read_text()
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load(TEXT)["services"]


def test_compose_has_the_services_of_the_design() -> None:
    assert set(SERVICES) == {"migrate", "web", "web-queue", "gpu-queue", "postgres", "redis", "caddy"}


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_service_pins_its_image(name: str) -> None:
    assert re.fullmatch(r"unitscope-(web|worker):local|(postgres|redis|caddy):\d+\.\d+\S*", SERVICES[name]["image"])


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


@pytest.mark.parametrize("dockerfile", sorted((CHECKOUT / "docker").glob("*.Dockerfile")), ids=lambda path: path.name)
def test_dockerfile_pins_its_bases_and_is_not_root(dockerfile: Any) -> None:
    text = dockerfile.read_text()

    assert all(re.search(r":\d+\.\d+\.\d+-", base) for base in re.findall(r"^FROM (\S+)", text, re.MULTILINE))
    assert re.findall(r"^USER (\d+)$", text, re.MULTILINE) == ["10001"]
