"""REST: the networks that there are, and stimuli of their layers that cannot be asked for."""

from pathlib import Path

import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from model_zoo.catalogue import card, eligible_layers, model_ids
from tests.webapp.tokens import client_of
from webapp.stimuli.models import Job
from webapp.stimuli.networks.facts import layers_of

pytestmark = [pytest.mark.integration, pytest.mark.django_db]
MODEL = "efficientnet_lite0.in1k"


@pytest.fixture
def api() -> APIClient:
    return client_of(User.objects.create_superuser("researcher"))


def test_list_holds_every_model_with_license_and_weights(api: APIClient) -> None:
    listed = api.get("/api/v1/models").json()

    assert [model["id"] for model in listed] == list(model_ids())
    lite = next(model for model in listed if model["id"] == MODEL)
    assert lite["license"] == card(MODEL).license
    assert lite["weights"]["here"] is True
    assert lite["layer_count"] == len(card(MODEL).layers)
    assert lite["unit_count"] == sum(card(MODEL).layers[layer].channels for layer in eligible_layers(MODEL))


def test_weights_that_the_operator_converted_are_here(api: APIClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZOO_DIR", str(tmp_path))
    published = tmp_path / card("resnet50.madry_l2_eps3").weights.file
    published.parent.mkdir()
    published.with_suffix(".safetensors").touch()

    assert api.get("/api/v1/models/resnet50.madry_l2_eps3").json()["weights"]["here"] is True


def test_model_holds_its_layers_in_order(api: APIClient) -> None:
    layers = api.get(f"/api/v1/models/{MODEL}").json()["layers"]

    known = {layer["name"]: layer for layer in layers if not layer["skipped"]}
    assert list(known) == list(card(MODEL).layers)
    assert [name for name, layer in known.items() if layer["eligible"]] == list(eligible_layers(MODEL))
    assert known["_blocks.3"] | {"name": "", "skipped": ""} == {
        "name": "",
        "channels": 40,
        "layout": "BCHW",
        "aggregations": ["mean", "position"],
        "eligible": True,
        "skipped": "",
    }


def test_unknown_model_is_not_found(api: APIClient) -> None:
    response = api.get("/api/v1/models/resnet900.in1k")

    assert response.status_code == 404
    assert set(response.json()) == {"field", "message", "remedy"}


def test_nobody_sees_the_catalogue_without_a_token() -> None:
    assert [APIClient().get(url).status_code for url in ("/api/v1/models", "/api/v1/circuits")] == [401, 401]


def test_module_that_is_skipped_has_a_reason_and_no_stimuli(api: APIClient) -> None:
    skipped = [(model_id, layer) for model_id in model_ids() for layer in layers_of(card(model_id)) if layer.skipped]

    assert skipped
    for model_id, layer in skipped[:3]:
        response = api.post("/api/v1/stimuli", {"kind": "exemplars", "unit": f"{model_id}/{layer.name}:0"}, format="json")
        assert (response.status_code, response.json()["field"]) == (400, "unit")
    assert not Job.objects.exists()
