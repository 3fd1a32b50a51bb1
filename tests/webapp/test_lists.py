"""REST's lists of orders: by pages, each entry with the state of its own job, in as many queries for many as for one."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from experiments import jobs
from experiments.contract.recipes import recipe_from_json
from tests.webapp.explored import UNIT
from tests.webapp.made_up_runs import ORDER as RUN
from tests.webapp.tokens import client_of
from webapp.stimuli.models import Artifact, Job
from webapp.stimuli.services import job_end

pytestmark = [pytest.mark.integration, pytest.mark.django_db, pytest.mark.usefixtures("own_zoo")]
CIRCUIT = {"unit": UNIT, "construction": "gate", "target": "permute"}
ORDERS = {"circuits": ("offset", CIRCUIT), "runs": ("seed", RUN)}
ERROR = {"field": "unit", "message": "it is dead", "remedy": "Choose another"}


@pytest.fixture
def api() -> APIClient:
    return client_of(User.objects.create_superuser("api"))


def order(api: APIClient, kind: str, number: int) -> str:
    """The digest of the order with this number."""
    name, body = ORDERS[kind]
    return str(api.post(f"/api/v1/{kind}", {**body, name: number}, format="json").json()["digest"])


def listed(api: APIClient, query: str) -> dict[str, Any]:
    body: dict[str, Any] = api.get(f"/api/v1/{query}").json()
    return body


@pytest.mark.parametrize("kind", ORDERS)
def test_every_entry_has_the_state_of_its_own_job(kind: str, api: APIClient) -> None:
    digests = [order(api, kind, number) for number in (1, 2, 3)]
    job_end(jobs.failed(str(Job.objects.get(digest=digests[1]).id), ERROR))

    entries = listed(api, kind)["results"]

    assert [entry["digest"] for entry in entries] == digests[::-1]
    assert [entry["state"] for entry in entries] == ["queued", "failed", "queued"]
    assert [entry["job"]["state"] for entry in entries] == ["queued", "failed", "queued"]


@pytest.mark.parametrize("kind", ORDERS)
def test_list_takes_as_many_queries_for_many_as_for_one(kind: str, api: APIClient) -> None:
    counts = []
    for number in (1, 2, 3, 4):
        order(api, kind, number)
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert listed(api, kind)["count"] == number
        counts.append(len(captured))

    assert len(set(counts[1:])) == 1


def test_circuits_come_by_pages_and_each_once(api: APIClient) -> None:
    digests = [order(api, "circuits", number) for number in (1, 2, 3)]
    made = recipe_from_json({"kind": "circuit", **CIRCUIT, "offset": 4})
    Artifact.objects.create(digest=made.digest, kind=made.kind, manifest={"recipe": CIRCUIT, "values": {}, "files": []})
    job_end(jobs.cancelled(str(Job.objects.get(digest=digests[0]).id)))
    order(api, "circuits", 1)

    pages = [listed(api, f"circuits?limit=3&offset={offset}") for offset in (0, 3)]

    assert [entry["digest"] for page in pages for entry in page["results"]] == [digests[0], made.digest, digests[2], digests[1]]
    assert [page["count"] for page in pages] == [4, 4]
    assert "offset=3" in pages[0]["next"]
    assert pages[1]["next"] is None
    assert [entry["state"] for entry in pages[0]["results"]] == ["queued", "finished", "queued"]
