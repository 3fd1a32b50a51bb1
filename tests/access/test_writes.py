"""What the tables of access leave unsaid: HEAD and OPTIONS as the reading that they are, and writes to rows of the admin."""

from functools import partial
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from tests.access.tables import table
from tests.access.test_matrix import untouched
from tests.access.world import World

pytestmark = [pytest.mark.integration, pytest.mark.django_db]
KEPT_OUT = {"401", "403", "404", "405"}
ROLES = ("participant", "staff", "stranger", "stimuli", "write", "expired")
OF_ADMIN = ("viewer", "stranger", "superuser")
WRITES = {"a": "add", "c": "change", "d": "delete"}


@pytest.fixture
def world(own_store: None) -> World:
    return World()


def test_whoever_may_not_read_gets_no_head_and_nobody_gets_options(world: World) -> None:
    clients = {role: world.client(role) for role in ROLES}
    rows = [
        (row, world.address(row.route, about=row.about, role="superuser")) for row in table("rest").rows if row.method == "GET"
    ]

    found = {
        (method, row.way, role): str(client.generic(method, address).status_code)
        for row, address in rows
        for role, client in clients.items()
        # OPTIONS tells of an address how it is asked, to whoever is known.
        for method in (("HEAD", "OPTIONS") if row.cells[role] == "401" else ("HEAD",))
        if row.cells[role] in KEPT_OUT
    }

    assert len(found) > 80
    assert {key: status for key, status in found.items() if status not in KEPT_OUT} == {}


def test_write_to_a_row_is_refused_where_it_is_not_offered(world: World) -> None:
    """A form that is not shown is not taken either."""
    decided = table("admin")
    clients = {role: world.client(role) for role in OF_ADMIN}
    forbidden = [
        (row.way, role, letter) for row in decided.rows for role in OF_ADMIN for letter in WRITES if letter not in row.cells[role]
    ]

    done = {key for key in forbidden if untouched(partial(changes, world, clients[key[1]], *key))}

    assert len(forbidden) > 80
    assert done == set()


def changes(world: World, client: Client, name: str, role: str, letter: str) -> bool:
    """Whether a write changes the table, or is taken for one that could."""
    row: Any = world.row(name)
    rows = type(row)._default_manager
    before = list(rows.order_by("pk").values())
    args = [] if letter == "a" else [row.pk]
    answer = client.post(reverse(f"admin:{name.replace('.', '_')}_{WRITES[letter]}", args=args), {"post": "yes"})
    # Where a row is not seen the way leads back to the index.
    return answer.status_code not in (302, 403, 404, 405) or list(rows.order_by("pk").values()) != before
