"""REST asks for the rights that the explorer's pages ask for."""

import pytest
from django.contrib.auth.models import Permission, User

from experiments.contract.recipes import recipe_from_json
from tests.webapp import made_up
from tests.webapp.tokens import client_of
from webapp.stimuli.services import artifact_request

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
