"""What schemathesis makes of the OpenAPI document, asked of the real application: no server error, nothing undocumented.

A longer search: `SCHEMA_EXAMPLES=500 python -m pytest tests/access/test_schema.py`.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import hypothesis
import pytest
import schemathesis
from django.core import signals
from django.db import close_old_connections
from django.test import Client
from drf_spectacular.generators import SchemaGenerator
from schemathesis import checks
from schemathesis.core.failures import FailureGroup

from tests.access.world import World
from webapp.studies.participant.api import cookie_name
from webapp.wsgi import application

pytestmark = [pytest.mark.integration, pytest.mark.django_db]
EXAMPLES = int(os.environ.get("SCHEMA_EXAMPLES", "20"))
PROMISES = (
    checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
)
QUIET = [*hypothesis.HealthCheck]
PARTICIPANTS = "/p/"


@pytest.fixture(autouse=True)
def one_connection() -> Iterator[None]:
    """The application is called as by a server, after each request of which Django closes what the test still needs."""
    ends = (signals.request_started, signals.request_finished)
    for end in ends:
        end.disconnect(close_old_connections)
    yield
    for end in ends:
        end.connect(close_old_connections)


@pytest.mark.parametrize("role", ["token", "stimuli", "own"])
def test_interface_is_as_documented_whatever_is_sent(role: str, own_store: None) -> None:
    world = World()
    headers = headers_of(world, role)
    prefix = PARTICIPANTS if role == "own" else "/api/"

    broken = [
        f"{operation.label}: {failure}"
        for operation in operations(prefix)
        for failure in failures(operation, world=world, role=role, headers=headers)
    ]

    assert not broken, "\n\n".join(broken)


def operations(prefix: str) -> list[Any]:
    """Those of the document whose address begins so."""
    document = SchemaGenerator().get_schema(request=None, public=True)
    document["paths"] = {path: found for path, found in document["paths"].items() if path.startswith(prefix)}
    schema = schemathesis.openapi.from_dict(document)
    schema.app = application
    return [found.ok() for found in schema.get_all_operations()]


def failures(operation: Any, *, world: World, role: str, headers: Mapping[str, str]) -> list[str]:
    """What an operation answers against its promises, however it is asked; half of the addresses lead to something."""
    found: list[str] = []
    for mode in schemathesis.GenerationMode:

        @hypothesis.settings(
            max_examples=EXAMPLES // 2, derandomize=True, deadline=None, database=None, suppress_health_check=QUIET
        )
        @hypothesis.given(case=operation.as_strategy(generation_mode=mode), exists=hypothesis.strategies.booleans())
        def ask(case: Any, exists: bool) -> None:
            if exists:
                case.path_parameters = {**(case.path_parameters or {}), **existing(world, operation.path, role=role)}
            case.call_and_validate(headers=dict(headers), checks=list(PROMISES))

        found += said(ask)
    return found


def said(ask: Callable[[], None]) -> list[str]:
    """The failures of a search."""
    try:
        ask()
    except FailureGroup as group:
        return [str(failure) for failure in group.exceptions]
    except hypothesis.errors.Unsatisfiable:
        # There is nothing to be sent in this way.
        return []
    return []


def existing(world: World, path: str, *, role: str) -> dict[str, str]:
    """Parameters by which an address leads to something."""
    names = [part.strip("{}") for part in path.split("/") if part.startswith("{")]
    route = path.lstrip("/").replace("{", "<").replace("}", ">")
    address = world.address(route, about="", role=role).lstrip("/").split("/")
    places = {part.strip("{}"): index for index, part in enumerate(path.lstrip("/").split("/")) if part.startswith("{")}
    return {name: address[places[name]] for name in names}


def headers_of(world: World, role: str) -> dict[str, str]:
    """How a role is let in."""
    if role != "own":
        return {"Authorization": f"Token {world.tokens[role]}"}
    client = Client()
    client.get(f"/p/{world.study.id}/run/", headers={"cookie": f"{cookie_name(world.study.id)}={world.cookies['own'][1]}"})
    token = client.cookies["csrftoken"].value if "csrftoken" in client.cookies else "x" * 32
    cookies = f"{cookie_name(world.study.id)}={world.cookies['own'][1]}; csrftoken={token}"
    return {"Cookie": cookies, "X-CSRFToken": token}
