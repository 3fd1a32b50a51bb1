"""Every URL × role gets what was decided in the tables beside this file; a new URL without a row is a failure."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_django
from django.contrib import admin
from django.contrib.auth.models import User
from django.db import transaction
from django.test import Client, RequestFactory
from django.urls import reverse

from tests.access.page import PAGE, page
from tests.access.routes import admin_models, routes
from tests.access.tables import NOT_ASKED, Table, table
from tests.access.world import World
from webapp.second_factor.models import Phone

pytestmark = [pytest.mark.integration, pytest.mark.django_db]
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
BY_URL = ("rest", "participants", "pages")


@pytest.fixture
def world(own_store: None, settings: pytest_django.Settings) -> World:
    settings.METRICS_TOKEN = "the-token-of-the-metrics"
    return World()


def test_every_url_stands_in_a_table() -> None:
    written = {row.route for name in BY_URL for row in table(name).rows}

    assert routes() - written == set()
    assert written - routes() == set()
    assert {row.way for row in table("admin").rows} == admin_models()


@pytest.mark.parametrize("name", BY_URL)
def test_every_role_gets_what_was_decided(name: str, world: World) -> None:
    decided = table(name)

    found = {
        (row.method, row.way, role): visit(world, row.method, row.way, role)
        for row in decided.rows
        for role in decided.roles
        if row.cells[role] != NOT_ASKED
    }

    assert not differences(decided, found), "\n".join(differences(decided, found))


@pytest.mark.parametrize("name", BY_URL)
def test_whoever_owes_the_second_factor_gets_what_nobody_gets(name: str, world: World) -> None:
    world.users["owing"] = User.objects.create_superuser("owing")
    Phone.objects.create(user=world.users["owing"], name="phone")

    found = as_nobody(world, name, "owing", but=("admin/login/", "admin/second-factor/"))

    assert not differences(table(name), found), "\n".join(differences(table(name), found))


@pytest.mark.parametrize("name", BY_URL)
def test_browser_of_whoever_was_made_inactive_gets_what_nobody_gets(name: str, world: World) -> None:
    world.users["gone"] = User.objects.create_superuser("left", is_active=False)

    found = as_nobody(world, name, "gone")

    assert not differences(table(name), found), "\n".join(differences(table(name), found))


@pytest.mark.parametrize("name", BY_URL)
def test_method_without_a_row_is_not_allowed(name: str, world: World) -> None:
    rows = table(name).rows
    methods: dict[str, set[str]] = {}
    for row in rows:
        methods.setdefault(row.route, set()).add(row.method)
    role = "own" if name == "participants" else "superuser"

    found = {
        (method, route): visit(world, method, route, role)
        for route, known in methods.items()
        for method in METHODS
        if method not in known and not route.startswith("admin/")
    }

    assert {way: status for way, status in found.items() if status != "405"} == {}


def test_everybody_may_do_with_rows_what_was_decided(world: World) -> None:
    decided = table("admin")

    found = {("", row.way, role): letters(world, row.way, role) for row in decided.rows for role in decided.roles}

    assert not differences(decided, found), "\n".join(differences(decided, found))


def test_everybody_is_offered_the_actions_that_were_decided(world: World) -> None:
    decided = table("actions")

    found = {(name, action, role): "x" for role in decided.roles for name, action in actions(world, role)}

    written = {(row.method, row.way, role): cell for row in decided.rows for role, cell in row.cells.items() if cell == "x"}
    assert found == written
    assert {(row.method, row.way) for row in decided.rows} == {(name, action) for name, action, _ in found}


def test_action_that_is_not_offered_does_nothing(world: World) -> None:
    study, job = world.study, world.job
    orders = {"studies_study": (study, "close"), "stimuli_job": (job, "cancel")}
    states = {}

    for role in ("viewer", "editor"):
        for name, (row, action) in orders.items():
            order = {"action": action, "_selected_action": [str(row.pk)]}
            world.client(role).post(reverse(f"admin:{name}_changelist"), order)
            row.refresh_from_db()
        states[role] = study.state, job.state

    assert states == {"viewer": ("open", "queued"), "editor": ("closed", "cancelled")}


@pytest.mark.parametrize("role", ["anonymous", "participant", "token"])
def test_admin_sends_everybody_else_to_the_login(role: str, world: World) -> None:
    model_pages = [reverse(f"admin:{name.replace('.', '_')}_changelist") for name in admin_models()]

    assert {world.client(role).get(url).headers["Location"].partition("?")[0] for url in model_pages} == {"/admin/login/"}


def test_page_shows_the_tables() -> None:
    assert Path(PAGE).read_text() == page(), "run `python -m tests.access`"


def as_nobody(world: World, name: str, role: str, *, but: tuple[str, ...] = ("nowhere",)) -> dict[tuple[str, str, str], str]:
    """What a role gets of a table, to be held against what nobody gets, but for the routes that begin as told."""
    return {
        (row.method, row.way, "anonymous"): visit(world, row.method, row.way, role)
        for row in table(name).rows
        if not row.route.startswith(but)
    }


def visit(world: World, method: str, way: str, role: str) -> str:
    """The status of a visit that leaves no trace; `login` where it leads there."""
    route, _, about = way.partition("|")
    client, url = world.client(role), world.address(route, about=about, role=role)
    # Pages end with a slash, what programs talk to does not.
    content_type = None if route.endswith(("/", "$")) else "application/json"
    response = untouched(lambda: request(client, method, url, content_type))
    leads_to_login = response.status_code == 302 and response.headers["Location"].startswith("/admin/login/")
    return "login" if leads_to_login else str(response.status_code)


def request(client: Client, method: str, url: str, content_type: str | None) -> Any:
    """An empty request."""
    body = {"data": {}, "content_type": content_type} if content_type and method != "GET" else {}
    return getattr(client, method.lower())(url, **body)


def untouched(act: Callable[[], Any]) -> Any:
    """What an act answers; what it did is undone."""
    with transaction.atomic():
        answer = act()
        transaction.set_rollback(True)
    return answer


def letters(world: World, name: str, role: str) -> str:
    """What a role may do with the row of a table."""
    client, row, start = world.client(role), world.row(name), f"admin:{name.replace('.', '_')}_"
    listed, opened, added, deleted = (
        client.get(reverse(start + view, args=[row.pk] if view in ("change", "delete") else []))
        for view in ("changelist", "change", "add", "delete")
    )
    is_listed = listed.status_code == 200 and row.pk in {shown.pk for shown in listed.context["cl"].queryset}
    # A run has a page of its own.
    own_page = opened.headers.get("Location") == f"/runs/{row.pk}/"
    is_open = opened.status_code == 200 or (own_page and client.get(f"/runs/{row.pk}/").status_code == 200)
    may_change = opened.status_code == 200 and opened.context["has_change_permission"]
    may = {"l": is_listed, "v": is_open, "a": added.status_code == 200, "c": may_change, "d": deleted.status_code == 200}
    return "".join(letter for letter, holds in may.items() if holds) or NOT_ASKED


def actions(world: World, role: str) -> set[tuple[str, str]]:
    """The actions that the admin's lists offer to a role, with their models."""
    request = RequestFactory().get("/")
    request.user = world.users[role]
    lists = {model._meta.label_lower: shown for model, shown in admin.site._registry.items()}
    seen = {name: shown for name, shown in lists.items() if shown.has_view_or_change_permission(request)}
    return {(name, action) for name, shown in seen.items() for action in shown.get_actions(request)}


def differences(decided: Table, found: dict[tuple[str, str, str], str]) -> list[str]:
    """Where what was found is not what was decided."""
    cells = {(row.method, row.way, role): cell for row in decided.rows for role, cell in row.cells.items()}
    return [f"{' '.join(key)}: {cell}, not {cells[key]}" for key, cell in found.items() if cell != cells[key]]


def test_admin_shows_no_model_without_rights_by_study() -> None:
    """Whoever registers a model whose rows lead to a study says by which way."""
    ways = {model._meta.label_lower: getattr(shown, "study_way", None) for model, shown in admin.site._registry.items()}
    without = {name for name, way in ways.items() if way is None}

    assert {name for name in without if name.startswith("studies.")} == set()
