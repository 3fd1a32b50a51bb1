"""What is answered is what the OpenAPI document says, to the last key: every operation is asked for something that is there."""

import copy
from functools import partial
from typing import Any

import pytest
import schemathesis
from drf_spectacular.generators import SchemaGenerator

from tests.access.test_matrix import untouched
from tests.access.test_schema import DOCUMENT, PARTICIPANTS, PROMISES, existing, let_in, one_connection
from tests.access.world import UNIT, World
from tests.webapp import made_up, made_up_runs, progress
from webapp.stimuli.models import Job
from webapp.wsgi import application

__all__ = ["one_connection"]
pytestmark = [pytest.mark.integration, pytest.mark.django_db]
BODIES = {
    "POST /api/v1/stimuli": {"kind": "exemplars", "unit": UNIT},
    "POST /api/v1/circuits": {"unit": UNIT, "construction": "silent"},
    "POST /api/v1/runs": {**made_up_runs.ORDER, "seed": 9},
    "POST /p/{study_id}/instructions": {"duration": 1000},
    "PUT /p/{study_id}/trials/{trial_id}/answer": made_up.answer(),
}
FREE = {"recipe", "values", "provenance", "settings", "selection", "about", "rows"}
"""What papers, makers and designs fill as they like; of the rows the codebook tells more."""


def closed(part: Any) -> Any:
    """The same document, by which nothing has a key that it does not name."""
    if isinstance(part, list):
        return [closed(one) for one in part]
    if not isinstance(part, dict):
        return part
    inner = {name: closed(one) for name, one in part.items()}
    names_all = part.get("type") == "object" and "properties" in part
    return {**inner, "additionalProperties": False} if names_all else inner


def document() -> dict[str, Any]:
    return copy.deepcopy(SchemaGenerator().get_schema(request=None, public=True))


def operations() -> list[Any]:
    schema = schemathesis.openapi.from_dict(closed(document()))
    schema.app = application
    return [found.ok() for found in schema.get_all_operations() if found.ok().path != DOCUMENT]


def asked(operation: Any, world: World) -> Any:
    """What an operation answers, held against the document."""
    role = "own" if operation.path.startswith(PARTICIPANTS) else "token"
    headers, cookies = let_in(world, role)
    body = BODIES.get(operation.label, {}) if operation.body else schemathesis.core.NOT_SET
    case = operation.Case(
        path_parameters=existing(world, operation.path, role=role),
        body=body,
        media_type="application/json" if operation.body else None,
    )
    if operation.path.endswith("/finish"):
        progress.answer_plan(world.sessions[role])
    return case.call_and_validate(headers=headers, cookies=cookies, checks=list(PROMISES))


def test_every_answer_has_the_keys_that_are_documented_and_no_others(own_store: None) -> None:
    world = World()
    progress.to_main(world.sessions["own"])
    Job.objects.filter(id=world.job.id).update(state="failed", error={"field": "unit", "message": "dead", "remedy": "Another"})

    statuses = {operation.label: untouched(partial(asked, operation, world)).status_code for operation in operations()}

    assert len(statuses) > 25
    assert {label: status for label, status in statuses.items() if status >= 300} == {}


def test_only_what_others_define_is_described_without_its_keys() -> None:
    found = set()

    def look(part: Any, name: str) -> None:
        if isinstance(part, dict):
            has_keys = "properties" in part or part.get("additionalProperties")
            if part.get("type") == "object" and not has_keys:
                found.add(name)
            for inner, value in part.items():
                look(value, inner if name == "properties" or inner == "properties" else name)

    schemas = document()["components"]["schemas"]
    for schema in schemas.values():
        look(schema.get("properties", {}), "properties")

    assert found == FREE
