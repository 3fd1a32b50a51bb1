"""What stands behind the `?` of an address is understood or refused, at every address of the OpenAPI document."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from drf_spectacular.generators import SchemaGenerator

from tests.access.test_matrix import untouched
from tests.access.test_schema import PARTICIPANTS, existing
from tests.access.world import World

pytestmark = [pytest.mark.integration, pytest.mark.django_db]
UNHEARD = "?stduy=1"


@pytest.fixture
def world(own_store: None) -> World:
    return World()


def operations() -> Iterator[tuple[str, str, Any]]:
    """Method, path and what the document says, of every operation."""
    for path, found in SchemaGenerator().get_schema(request=None, public=True)["paths"].items():
        yield from ((method, path, operation) for method, operation in found.items())


def ask(world: World, method: str, path: str, query: str) -> Any:
    """What somebody gets who may do everything."""
    role = "own" if path.startswith(PARTICIPANTS) else "token"
    url = path.format(**existing(world, path, role=role)) + query
    sent = {"content_type": "application/json", "headers": {"Accept": "application/json"}}
    return untouched(lambda: world.client(role).generic(method.upper(), url, b"{}", **sent))


def test_unknown_name_is_refused_at_every_address_and_told_what_there_is(world: World) -> None:
    asked = {(method, path): ask(world, method, path, UNHEARD) for method, path, _ in operations()}

    assert len(asked) > 25
    assert {way: (answer.status_code, answer.json()["field"]) for way, answer in asked.items()} == dict.fromkeys(
        asked, (400, "stduy")
    )
    assert asked["get", "/api/v1/runs"].json()["remedy"] == "Choose of limit, offset, paper, preset, state"
    assert asked["post", "/api/v1/runs"].json()["remedy"] == "Leave it out: nothing is asked by name here"


def test_name_that_is_documented_is_heard_everywhere(world: World) -> None:
    names = [
        (method, path, parameter["name"])
        for method, path, operation in operations()
        for parameter in operation.get("parameters", ())
        if parameter["in"] == "query"
    ]

    answers = {(path, name): ask(world, method, path, f"?{name}=") for method, path, name in names}

    assert len(answers) > 25
    refused = {way: answer.json()["message"] for way, answer in answers.items() if answer.status_code == 400}
    assert {way: message for way, message in refused.items() if message == "is unknown"} == {}


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("runs?limit=1&limit=2", "is given 2 times"),
        ("runs?state=lost", "'lost' is unknown"),
        ("runs?state=finished&state=failed", "is given 2 times"),
        ("schema?lang=tlh", "'tlh' is unknown"),
    ],
)
def test_value_that_is_not_documented_is_refused(query: str, message: str, researcher: Client) -> None:
    answer = researcher.get(f"/api/v1/{query}", headers={"Accept": "application/json"})

    assert (answer.status_code, answer.json()["message"]) == (400, message)


def test_whoever_may_not_learns_nothing_of_the_names(world: World) -> None:
    answers = [world.client(role).get(f"/api/v1/studies{UNHEARD}").status_code for role in ("anonymous", "staff", "stimuli")]

    assert answers == [401, 403, 403]
