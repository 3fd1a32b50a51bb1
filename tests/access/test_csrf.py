"""Every write that a cookie allows needs the CSRF token and our own origin: each in the tables of access is sent without."""

from typing import Any

import pytest

from tests.access.tables import NOT_ASKED, Row, table
from tests.access.test_matrix import BY_URL, METHODS, request, untouched
from tests.access.world import World

pytestmark = [pytest.mark.integration, pytest.mark.django_db]
SIGNED = "hooks/prolific"
"""Comes from another server, without cookies; its signature is looked at instead."""
TOKEN = "x" * 32
OURS, THEIRS = "http://testserver", "https://evil.example"


@pytest.fixture
def world(own_store: None) -> World:
    return World()


def writes(name: str, role: str) -> list[Row]:
    asked = [row for row in table(name).rows if row.method in METHODS[1:] and row.cells[role] != NOT_ASKED]
    return [row for row in asked if row.route != SIGNED]


def sent(world: World, row: Row, role: str, **headers: str) -> int:
    """The status of a write by a browser that has the token's cookie, with these headers."""
    client = world.client(role)
    client.handler.enforce_csrf_checks = True
    client.cookies["csrftoken"] = TOKEN
    client.defaults.update({f"HTTP_{name.upper()}": value for name, value in headers.items()})
    content_type = None if row.route.endswith("/") else "application/json"
    url = world.address(row.route, about=row.about, role=role)
    answer: Any = untouched(lambda: request(client, row.method, url, content_type))
    return int(answer.status_code)


@pytest.mark.parametrize("name", BY_URL)
def test_write_needs_the_token_and_our_origin(name: str, world: World) -> None:
    role = "own" if name == "participants" else "superuser"
    rows = writes(name, role)

    without = {row.way: sent(world, row, role) for row in rows}
    foreign = {row.way: sent(world, row, role, x_csrftoken=TOKEN, origin=THEIRS) for row in rows}
    with_both = {row.way: sent(world, row, role, x_csrftoken=TOKEN, origin=OURS) for row in rows}

    assert len(rows) > 5
    assert {way: status for way, status in without.items() if status != 403} == {}
    assert {way: status for way, status in foreign.items() if status != 403} == {}
    assert [way for way, status in with_both.items() if status == 403] == []
