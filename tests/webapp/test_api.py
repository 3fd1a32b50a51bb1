"""REST for researchers: who may, what it gives, what it refuses."""

import csv
import io
import json
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from experiments.contract.errors import InputError
from experiments.contract.recipes import recipe_from_json
from experiments.contract.tables import RESPONSE_COLUMNS
from tests.webapp import made_up
from tests.webapp.test_participant_api import main_trials, pass_practice, put
from tests.webapp.tokens import client_of, token_of
from webapp.participants.consent import default_consent
from webapp.stimuli.models import Job
from webapp.stimuli.services import artifact_request
from webapp.studies.models import Study
from webapp.studies.services.study import StudyPlan, study_create
from webapp.tokens.models import ApiToken

pytestmark = [pytest.mark.integration, pytest.mark.django_db]
RECIPE = {"kind": "feature_visualization", "unit": made_up.UNITS[0], "size": 64, "steps": 8}


@pytest.fixture
def api() -> APIClient:
    return client_of(User.objects.create_superuser("researcher"))


def body_of(response: Any) -> str:
    return b"".join(response.streaming_content).decode()


def test_stimulus_is_asked_for_once_and_its_job_can_be_watched(api):
    first = api.post("/api/v1/stimuli", RECIPE, format="json")
    again = api.post("/api/v1/stimuli", RECIPE, format="json")
    job = api.get(first.headers["Location"]).json()

    assert first.status_code == again.status_code == 202
    assert first.json()["id"] == again.json()["id"] == job["id"]
    assert job["state"] == "queued"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"kind": "horoscope"}, "kind"),
        ({"kind": "stimulus_set"}, "kind"),
        ({"kind": None}, "kind"),
        ({"kind": []}, "kind"),
        ({"kind": {}}, "kind"),
        ({"unit": "resnet900.in1k/layer1:0"}, "unit"),
        ({"unit": "efficientnet_lite0.in1k/_blocks.99:0"}, "unit"),
        ({"unit": "efficientnet_lite0.in1k/_blocks.3:100000"}, "unit"),
        ({"unit": "nonsense"}, "unit"),
        ({"unit": 7}, "unit"),
        ({"steps": 0}, "steps"),
        ({"steps": "many"}, "steps"),
        ({"steps": True}, "steps"),
        ({"learning_rate": 1e999}, "learning_rate"),
        ({"size": 100_000}, "size"),
        ({"colour": "red"}, "colour"),
        ({"diversity": 1.0}, "diversity"),
        ({"aggregation": "median"}, "aggregation"),
        ({"diversity": 10**400}, "diversity"),
        ({"pool": ""}, "pool"),
        ({"pool": "nope"}, "pool"),
        ({"pool": "/a\0b"}, "pool"),
    ],
)
def test_bad_recipe_names_its_field_and_makes_no_job(api, changes, field):
    response = api.post("/api/v1/stimuli", json.dumps({**RECIPE, **changes}), content_type="application/json")

    assert response.status_code == 400
    assert response.json()["field"] == field
    assert response.json()["remedy"]
    assert not Job.objects.exists()


@pytest.mark.parametrize("token", ["", "Token forged", "Bearer x", "Token " + "f" * 64])
def test_stranger_gets_nothing(token):
    client = APIClient()
    if token:
        client.credentials(HTTP_AUTHORIZATION=token)

    for url in ("/api/v1/studies", "/api/v1/units", "/api/v1/jobs/00000000-0000-4000-8000-000000000000"):
        response = client.get(url)
        assert response.status_code == 401
        assert set(response.json()) == {"field", "message", "remedy"}


def test_token_that_is_no_text_is_refused():
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION="Token \xe9")

    assert client.get("/api/v1/studies").status_code == 400


def test_expired_token_is_refused():
    client = client_of(User.objects.create_user("researcher", is_staff=True))
    ApiToken.objects.update(expiry=timezone.now())

    response = client.get("/api/v1/studies")

    assert response.status_code == 401
    assert response.json()["field"] == "token"


def test_user_who_is_no_staff_is_refused():
    client = client_of(User.objects.create_user("visitor", is_staff=True))
    User.objects.update(is_staff=False)

    assert client.get("/api/v1/studies").status_code == 403


def test_token_is_stored_as_a_hash():
    token = token_of(User.objects.create_user("researcher", is_staff=True))

    assert token not in json.dumps(list(ApiToken.objects.values()), default=str)


@pytest.mark.parametrize(
    "url",
    [
        "/api/v1/jobs/00000000-0000-4000-8000-000000000000",
        "/api/v1/studies/00000000-0000-4000-8000-000000000000",
        "/api/v1/artifacts/abc",
        "/api/v1/lineage/abc",
        "/api/v1/lineage/%00",
        "/api/v1/units?study=not-an-id",
    ],
)
def test_what_does_not_exist_is_a_404_in_json(api, url):
    response = api.get(url)

    assert response.status_code == 404
    assert set(response.json()) == {"field", "message", "remedy"}


def test_study_lists_its_units_links_and_progress(api):
    study = made_up.study()

    body = api.get(f"/api/v1/studies/{study.id}").json()

    assert set(body["units"]) == set(made_up.UNITS)
    assert body["state"] == "open"
    assert {entry["state"] for entry in body["stimuli"]} == {"finished"}
    assert api.get(f"/api/v1/units?study={study.id}").json()["count"] == 2


def test_artifact_gives_its_files_and_lineage(api):
    study = made_up.study()
    digest = study.artifacts.first().digest

    artifact = api.get(f"/api/v1/artifacts/{digest}").json()
    image = api.get(artifact["files"][0]["url"])

    assert image.headers["Content-Type"] == "image/png"
    assert image.content.startswith(b"\x89PNG")
    assert api.get(f"/api/v1/artifacts/{digest}/files/none").status_code == 404
    assert [entry["digest"] for entry in api.get(f"/api/v1/lineage/{digest}").json()] == [digest]


def test_job_can_be_cancelled(api):
    job = artifact_request(recipe_from_json(RECIPE))

    assert api.delete(f"/api/v1/jobs/{job.id}").json()["state"] == "cancelled"


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_export_holds_every_answer_with_all_columns(api, browser, form):
    study = made_up.study()
    client, session = browser(study)
    pass_practice(client, session)
    for trial in main_trials(session):
        put(client, session, trial, choice="lower", confidence=2)

    text = body_of(api.get(f"/api/v1/studies/{study.id}/responses?format={form}"))

    rows = list(csv.DictReader(io.StringIO(text))) if form == "csv" else [json.loads(line) for line in text.splitlines()]
    assert {tuple(row) for row in rows} == {tuple(RESPONSE_COLUMNS)}
    assert len(rows) == session.trials.exclude(kind="example").count()
    main = [row for row in rows if row["trial_kind"] in ("main", "catch")]
    assert [row["trial_id"] for row in main] == [str(trial.id) for trial in main_trials(session)]
    for row, trial in zip(main, main_trials(session), strict=True):
        assert (row["choice"], row["correct_choice"]) == ("lower", trial.correct_choice)
        assert int(row["correct"]) == (trial.correct_choice == "lower")
        assert (int(row["confidence"]), float(row["rt"])) == (2, 1234.5)
        assert row["unit"] in made_up.UNITS


def test_export_of_nothing_has_its_header(api):
    study = made_up.study()

    text = body_of(api.get(f"/api/v1/studies/{study.id}/responses"))

    assert text == ",".join(RESPONSE_COLUMNS) + "\n"


@pytest.mark.parametrize(("query", "field"), [("format=xlsx", "format"), ("kind=ghost", "kind")])
def test_export_refuses_what_it_does_not_know(api, query, field):
    response = api.get(f"/api/v1/studies/{made_up.study().id}/responses?{query}")

    assert response.status_code == 400
    assert response.json()["field"] == field


def test_schema_describes_the_interface(api):
    schema = api.get("/api/v1/schema", headers={"accept": "application/json"})

    assert schema.status_code == 200
    assert "/api/v1/stimuli" in schema.content.decode()


def test_entry_page_shows_the_versioned_consent_and_starts_a_session():
    study = made_up.study()
    client = Client()

    page = client.get(f"/p/{study.id}/?participant=anna", follow=True)
    started = client.post(f"/p/{study.id}/", {"participant": "anna", "consent": page.context["shown"]})

    assert study.consent.version in page.content.decode()
    assert started.status_code == 302
    assert client.get(f"/p/{study.id}/").headers["Location"].endswith("/run/")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": "two words"}, "name"),
        ({"name": "line\nbreak"}, "name"),
        ({"units": []}, "units"),
        ({"units": [made_up.UNITS[0]] * 2}, "units"),
        ({"units": ["efficientnet_lite0.in1k/_blocks.99:0"]}, "unit"),
        ({"paper": "nobody1999_nothing"}, "paper"),
        ({"conditions": ["blurred"]}, "conditions"),
        ({"settings": {"steps": -5}}, "steps"),
        ({"settings": {"shown_size": 0}}, "shown_size"),
        ({"settings": {"pool": "nope"}}, "pool"),
        ({"settings": {"transforms": "zzz"}}, "transforms"),
        ({"settings": {"main_trials": 10**9}}, "main_trials"),
        ({"settings": {"max_batches": 0}}, "max_batches"),
        ({"settings": {"colour": 1}}, "colour"),
        ({"conditions": ["natural", "natural"]}, "conditions"),
        ({"languages": ["tlh"]}, "languages"),
        ({"languages": []}, "languages"),
        ({"allocation": "greedy"}, "allocation"),
        ({"lease_minutes": 0}, "lease_minutes"),
    ],
)
def test_study_that_cannot_be_is_refused_and_leaves_nothing(changes, field):
    plan = {"name": "fine", "paper": "zimmermann2023_scale", "units": made_up.UNITS}

    with pytest.raises(InputError) as refused:
        study_create(StudyPlan(**{**plan, **changes}), consent=default_consent())

    assert refused.value.field == field
    assert not Study.objects.exists()
    assert not Job.objects.exists()


@pytest.mark.parametrize("participant", ["a b", "x" * 65, "<script>", "=cmd()"])
def test_entry_refuses_an_id_that_no_recruiter_gives(participant):
    study = made_up.study()

    response = Client().post(f"/p/{study.id}/", made_up.agreed(study, participant=participant))

    assert response.status_code == 400
    assert not study.sessions.exists()


def test_study_that_is_not_open_takes_nobody():
    study = made_up.study(opened=False)

    response = Client().post(f"/p/{study.id}/", made_up.agreed(study, participant="anna"))

    assert response.status_code == 404
    assert not study.sessions.exists()
