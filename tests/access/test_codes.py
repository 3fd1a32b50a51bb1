"""What HTTP says around the JSON of the REST interface: wrong addresses, methods, types, and conditional requests."""

import json
from typing import Any

import pytest
from django.test import Client

from tests.access.test_matrix import untouched
from tests.access.test_queries import ask, operations
from tests.access.world import World
from tests.webapp import made_up, made_up_runs
from webapp.participants.models import AuditEntry
from webapp.runs.models import TrainingRun

pytestmark = [pytest.mark.integration, pytest.mark.django_db]
KEYS = {"field", "message", "remedy"}
NO_HEAD = {"/api/v1/studies/{study_id}/responses", "/api/v1/studies/{study_id}/responses/pages"}
"""What is noted as an export; a HEAD would be one that nobody gets."""


@pytest.fixture
def world(own_store: None) -> World:
    return World()


@pytest.mark.parametrize(
    "address", ["", "nothing", "studies/", "studies//", "studies/not-an-id", "studies/{upper}", "studies/{study}/responses/"]
)
def test_address_that_is_none_is_told_in_json(address: str, researcher: Client) -> None:
    study = str(made_up.study().id)

    answer = researcher.get(f"/api/v1/{address.format(study=study, upper=study.upper())}")

    assert (answer.status_code, set(answer.json())) == (404, KEYS)
    assert study.upper() != study


def test_head_is_get_without_its_body_and_options_name_the_methods(world: World) -> None:
    gets = {path: ask(world, "get", path, "") for method, path, _ in operations() if method == "get"}

    heads = {path: ask(world, "head", path, "") for path in gets}
    options = {path: ask(world, "options", path, "") for _, path, _ in operations()}

    assert {path for path, answer in heads.items() if answer.status_code == 405} == NO_HEAD
    same = {path: answer for path, answer in heads.items() if path not in NO_HEAD}
    assert {path: answer.status_code for path, answer in same.items()} == {path: gets[path].status_code for path in same}
    assert {path for path, answer in same.items() if answer.content} == set()
    allowed = {path: {word.strip().lower() for word in answer.headers["Allow"].split(",")} for path, answer in options.items()}
    assert {(method, path) for method, path, _ in operations() if method not in allowed[path]} == set()


def test_head_of_a_list_of_responses_is_no_export(world: World) -> None:
    before = AuditEntry.objects.count()

    answers = [world.client("token").head(path.format(study_id=world.study.id)).status_code for path in sorted(NO_HEAD)]

    assert answers == [405, 405]
    assert AuditEntry.objects.count() == before


@pytest.mark.parametrize("accept", ["text/html", "text/csv", "application/xml"])
def test_what_is_not_served_is_refused_with_what_is(accept: str, researcher: Client) -> None:
    answer = researcher.get("/api/v1/studies", headers={"Accept": accept})

    assert (answer.status_code, answer.json()["remedy"]) == (406, "Accept `application/json`")


@pytest.mark.parametrize("route", ["api/v1/artifacts/<digest>/files/<name>", "p/<study_id>/images/<trial_id>/<sha256>"])
def test_image_is_sent_to_whoever_accepts_images_alone_and_once(route: str, world: World) -> None:
    role = "own" if route.startswith("p/") else "token"
    client, url = world.client(role), world.address(route, about="", role=role)

    first = client.get(url, headers={"Accept": "image/png"})
    again = client.get(url, headers={"Accept": "image/*", "If-None-Match": first.headers["ETag"]})
    other = client.get(url, headers={"Accept": "image/png", "If-None-Match": '"another"'})

    assert (first.status_code, first.headers["Content-Type"]) == (200, "image/png")
    assert (again.status_code, again.content) == (304, b"")
    assert (other.status_code, other.content) == (200, first.content)
    assert {answer.headers["Cache-Control"] for answer in (first, again)} == {"private, max-age=31536000, immutable"}


@pytest.mark.parametrize(
    "content_type", ["", "text/plain", "application/vnd.api+json", "application/x-www-form-urlencoded", "no type"]
)
def test_body_that_is_called_something_else_is_not_read(content_type: str, researcher: Client) -> None:
    body = json.dumps(made_up_runs.ORDER)

    answer = researcher.generic("POST", "/api/v1/runs", body, content_type=content_type)

    assert (answer.status_code, answer.json()["remedy"]) == (415, "Send JSON with `Content-Type: application/json`")
    assert not TrainingRun.objects.exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("seed", value) for value in ("3", True, 3.5, None, -1, 2**32, 10**19, 10**30)),
        *(("settings", value) for value in (None, "{}", [])),
        *(("preset", value) for value in (None, True, ["smoke"])),
        ("paper", 3),
    ],
)
def test_value_of_another_kind_is_refused_not_mended(field: str, value: Any, researcher: Client) -> None:
    body = {**made_up_runs.ORDER, field: value}

    answer = untouched(lambda: researcher.post("/api/v1/runs", json.dumps(body), content_type="application/json"))

    assert (answer.status_code, answer.json()["field"]) == (400, field)


@pytest.mark.parametrize(
    "body", [b'\xef\xbb\xbf{"paper": "x"}', '{"paper": "x"}'.encode("utf-16"), b'{"paper": "\xff"}', b"{}{}"]
)
def test_body_in_another_encoding_is_refused(body: bytes, researcher: Client) -> None:
    answers = [
        researcher.generic("POST", f"/api/v1/{url}", body, content_type="application/json")
        for url in ("stimuli", "circuits", "runs", f"studies/{made_up.study().id}/responses")
    ]

    assert {(answer.status_code, answer.json()["message"].partition(":")[0]) for answer in answers} == {
        (400, "The body is not valid JSON")
    }
