"""What schemathesis makes of the OpenAPI document, asked of the real application: no server error, nothing undocumented.

A longer search: `SCHEMA_EXAMPLES=500 python -m pytest tests/access/test_schema.py`.
"""

import os
from collections.abc import Callable, Iterator
from typing import Any

import hypothesis
import pytest
import schemathesis
from django.core import signals
from django.db import close_old_connections
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
SEARCH = hypothesis.settings(derandomize=True, deadline=None, database=None, suppress_health_check=[*hypothesis.HealthCheck])
PARTICIPANTS = "/p/"
DOCUMENT = "/api/v1/schema"


@pytest.fixture(autouse=True)
def one_connection() -> Iterator[None]:
    """The application is called as by a server, after each request of which Django closes what the test still needs."""
    ends = (signals.request_started, signals.request_finished)
    for end in ends:
        end.disconnect(close_old_connections)
    yield
    for end in ends:
        end.connect(close_old_connections)


@pytest.mark.parametrize(("role", "examples"), [("token", EXAMPLES), ("stimuli", EXAMPLES // 5), ("own", EXAMPLES)])
def test_interface_is_as_documented_whatever_is_sent(role: str, examples: int, own_store: None) -> None:
    world = World()
    prefix = PARTICIPANTS if role == "own" else "/api/"

    broken = [
        f"{operation.label}: {failure}"
        for operation in operations(prefix)
        for failure in failures(operation, world=world, role=role, examples=examples)
    ]

    assert not broken, "\n\n".join(broken)


def operations(prefix: str) -> list[Any]:
    """Those of the document whose address begins so, but for the document itself."""
    document = SchemaGenerator().get_schema(request=None, public=True)
    paths = {path: found for path, found in document["paths"].items() if path.startswith(prefix) and path != DOCUMENT}
    schema = schemathesis.openapi.from_dict({**document, "paths": paths})
    schema.app = application
    return [found.ok() for found in schema.get_all_operations()]


def failures(operation: Any, *, world: World, role: str, examples: int) -> list[str]:
    """What an operation answers against its promises, however it is asked; half of the addresses lead to something."""
    headers, cookies = let_in(world, role)
    real = existing(world, operation.path, role=role)
    found: list[str] = []
    for mode in schemathesis.GenerationMode:

        @hypothesis.settings(SEARCH, max_examples=max(examples // 2, 1))
        @hypothesis.given(case=operation.as_strategy(generation_mode=mode), exists=hypothesis.strategies.booleans())
        def ask(case: Any, exists: bool) -> None:
            case.path_parameters = {**(case.path_parameters or {}), **(real if exists else {})}
            case.call_and_validate(headers=headers, cookies=cookies, checks=list(PROMISES))

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
    """Parameters by which an address leads to something; the last may hold slashes."""
    parts = path.lstrip("/").split("/")
    route = "/".join(part.replace("{", "<").replace("}", ">") for part in parts)
    address = world.address(route, about="", role=role).lstrip("/").split("/", len(parts) - 1)
    return {part.strip("{}"): value for part, value in zip(parts, address, strict=True) if part.startswith("{")}


def let_in(world: World, role: str) -> tuple[dict[str, str], dict[str, str]]:
    """The headers and cookies of a role."""
    if role != "own":
        return {"Authorization": f"Token {world.tokens[role]}"}, {}
    csrf = "x" * 32
    return {"X-CSRFToken": csrf}, {cookie_name(world.study.id): world.cookies[role][1], "csrftoken": csrf}
