"""REST asks for the rights that pages ask for."""

import pytest
from django.contrib.auth.models import Permission, User

from experiments.contract.recipes import recipe_from_json
from tests.webapp import made_up
from tests.webapp.tokens import client_of
from tests.webapp.traces import analyzed, paid_study, took_part
from webapp.stimuli.models import Job
from webapp.stimuli.services import artifact_request
from webapp.tokens.models import Scope

pytestmark = [pytest.mark.integration, pytest.mark.django_db]
STIMULUS = {"kind": "feature_visualization", "unit": made_up.UNITS[0], "size": 64, "steps": 8}


@pytest.mark.parametrize(
    ("rights", "reading", "making"), [([], 403, 403), (["view_artifact"], 200, 403), (["add_job"], 403, 202)]
)
def test_rest_asks_for_the_rights_that_the_pages_ask_for(rights: list[str], reading: int, making: int) -> None:
    user = User.objects.create_user("staff", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=rights))
    client = client_of(user)
    job = artifact_request(recipe_from_json({**STIMULUS, "seed": 1}))
    artifact = f"artifacts/{made_up.study().artifacts.first().digest}"

    read = [
        client.get(f"/api/v1/{url}") for url in (f"jobs/{job.id}", artifact, "circuits", "models", "models/densenet201.tv_in1k")
    ]
    orders = {"stimuli": STIMULUS, "circuits": {"unit": STIMULUS["unit"]}}
    made = [client.post(f"/api/v1/{url}", body, format="json") for url, body in orders.items()]

    assert {answer.status_code for answer in read} == {reading}
    assert {answer.status_code for answer in made} == {making}
    assert client.delete(f"/api/v1/jobs/{job.id}").status_code == (200 if making == 202 else 403)


@pytest.mark.parametrize(
    ("rights", "scopes", "artifact", "job"),
    [
        (["view_artifact"], Scope.values, 404, 404),
        (["view_artifact", "view_study"], [Scope.READ_STIMULI], 403, 200),
        (["view_artifact", "view_study"], [Scope.READ_STIMULI, Scope.READ_RESPONSES], 200, 200),
    ],
)
def test_analysis_is_for_whoever_may_see_studies_and_by_token_read_answers(
    rights: list[str], scopes: list[str], artifact: int, job: int
) -> None:
    user = User.objects.create_user("staff", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=rights))
    client = client_of(user, scopes)
    study = paid_study()
    took_part(study)
    digest = analyzed(study).digest

    found = [
        client.get(f"/api/v1/{url}")
        for url in (f"artifacts/{digest}", f"artifacts/{digest}/files/result.json", f"lineage/{digest}")
    ]

    assert {answer.status_code for answer in found} == {artifact}
    assert client.get(f"/api/v1/jobs/{Job.objects.get(digest=digest).id}").status_code == job
