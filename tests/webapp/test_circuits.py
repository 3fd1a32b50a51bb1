"""Circuits on demand over REST, pages and command line, with the real recipe; what they end with is made up here."""

import io
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import pytest_django
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client
from rest_framework.test import APIClient

from experiments import jobs
from experiments.contract.artifacts import ArtifactStore, NewFile, Product
from experiments.contract.local_models import CARD, WEIGHTS, model_id
from experiments.contract.recipes import Circuit, recipe_from_json
from tests.webapp import explored
from tests.webapp.explored import PAGE, UNIT
from tests.webapp.made_up_runs import committed
from tests.webapp.tokens import client_of
from webapp import compute
from webapp.stimuli.circuits.selectors import circuit_shown
from webapp.stimuli.models import Artifact, Job
from webapp.stimuli.selectors import store
from webapp.stimuli.services import artifact_store, job_cancel, job_end
from webapp.stimuli.tasks import look_after

pytestmark = [pytest.mark.integration, pytest.mark.django_db]
ORDER = {"unit": UNIT, "construction": "gate", "target": "permute", "offset": 2}
REPORT = {"top1_agreement": 0.99, "redirect": {"rate": 0.5, "channels": 8}, "accuracy_drop": None, "exact": True}
MEASURED = {"visualizations": {"measured": 16}, "natural": {"images": 203}}
REASONS = ["the redirect rate 0.5 is below 0.95"]
CARD_FILE = Path("model_zoo/cards/efficientnet_lite0.in1k.json")


@pytest.fixture
def api() -> APIClient:
    return client_of(User.objects.create_superuser("api"))


@pytest.fixture
def zoo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A zoo folder of its own."""
    monkeypatch.setenv("ZOO_DIR", str(tmp_path / "zoo"))
    return tmp_path / "zoo"


def ended(*, published: bool) -> Circuit:
    """A circuit whose verification is at home."""
    recipe = recipe_from_json({"kind": "circuit", **ORDER})
    assert isinstance(recipe, Circuit)
    check = {"what": "redirected", "value": "8 of 16 (50 %)", "limit": "at least 95 %", "passed": published}
    values = {"published": published, "reasons": [] if published else REASONS, "checks": [check], **MEASURED}
    report = json.dumps({**values, **REPORT}).encode()
    files = [NewFile(name="report.json", content=report, media_type="application/json")]
    files.append(NewFile(name="errors.svg", content=b"<svg xmlns='http://www.w3.org/2000/svg'/>", media_type="image/svg+xml"))
    if published:
        name = model_id(recipe.digest)
        weights = {"file": f"{name}/{WEIGHTS}", "sha256": ""}
        card = {**json.loads(CARD_FILE.read_text()), "id": name, "weights": weights, "reported_top1": None}
        files.append(NewFile(name=CARD, content=json.dumps(card).encode(), media_type="application/json"))
        files.append(NewFile(name=WEIGHTS, content=b"weights", media_type="application/octet-stream"))
    with committed():
        artifact_store(store().publish(recipe, Product(new_files=files, values=values), provenance={}).as_json())
    return recipe


def test_order_is_queued_once_and_can_be_looked_at(api: APIClient) -> None:
    first = api.post("/api/v1/circuits", ORDER, format="json")
    again = api.post("/api/v1/circuits", {"kind": "circuit", **ORDER}, format="json")
    seen = api.get(first.headers["Location"]).json()

    assert first.status_code == again.status_code == 202
    assert first.json()["job"]["id"] == again.json()["job"]["id"] == str(Job.objects.get().id)
    assert (seen["state"], seen["published"], seen["model"], seen["artifact"]) == ("queued", None, "", None)
    assert seen["recipe"]["offset"] == 2
    assert [circuit["digest"] for circuit in api.get("/api/v1/circuits").json()["results"]] == [seen["digest"]]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"unit": "nonsense"}, "unit"),
        ({"construction": "door"}, "construction"),
        ({"target": "horoscope"}, "target"),
        ({"offset": 40}, "offset"),
        ({"target": "unit"}, "donor"),
        ({"target": "unit", "donor": "efficientnet_lite0.in1k/_blocks.4:1"}, "donor"),
        ({"target": "unit", "donor": "nonsense"}, "donor"),
        ({"target": "unit", "donor": "efficientnet_lite0.in1k/_blocks.3:4000"}, "donor"),
        ({"colour": "red"}, "colour"),
        ({"kind": "exemplars"}, "kind"),
    ],
)
def test_order_that_cannot_be_names_its_field(changes: dict[str, Any], field: str, api: APIClient) -> None:
    response = api.post("/api/v1/circuits", {**ORDER, **changes}, format="json")

    assert response.status_code == 400
    assert response.json()["field"] == field
    assert response.json()["remedy"]
    assert not Job.objects.exists()


def test_circuit_that_nobody_ordered_is_not_found(api: APIClient, researcher: Client) -> None:
    exemplars = explored.made("exemplars")

    for digest in ("abc", "%00", "a" * 300, exemplars.digest):
        assert api.get(f"/api/v1/circuits/{digest}").status_code == 404
        assert researcher.get(f"/circuits/{digest}/").status_code == 404


def test_circuit_that_failed_its_verification_says_why(api: APIClient, researcher: Client, zoo: Path) -> None:
    digest = ended(published=False).digest

    told = api.post("/api/v1/circuits", ORDER, format="json")
    page = explored.text_of(researcher.get(f"/circuits/{digest}/"))

    assert told.status_code == 200
    assert (told.json()["published"], told.json()["reasons"], told.json()["model"]) == (False, REASONS, "")
    assert REASONS[0] in page
    assert "did not pass its verification on 16 visualizations and 203 natural images" in page
    assert all(f">{words}</td>" in page for words in ("8 of 16 (50 %)", "at least 95 %"))
    assert "</span> failed</td>" in page
    assert page.count("8 of 16") == 1
    assert "</span> passed</td>" not in page
    assert page.index("Redirected</th>") < page.index("<img") < page.index("<details") < page.index("redirect: rate")
    assert "not measured" in page
    assert REASONS[0] in researcher.get("/circuits/").content.decode()


def test_published_model_is_in_the_catalogue_the_explorer_and_the_builder(api: APIClient, researcher: Client, zoo: Path) -> None:
    name = model_id(ended(published=True).digest)

    circuit = api.get("/api/v1/circuits").json()["results"][0]
    model = api.get(f"/api/v1/models/{name}").json()
    page = researcher.get(f"/circuits/{circuit['digest']}/").content.decode()
    fooled = researcher.get(f"/explorer/{name}/_blocks.3/5/").content.decode()
    builder = researcher.get("/admin/studies/study/build/zimmermann2023_scale/").content.decode()

    assert (circuit["published"], circuit["model"]) == (True, name)
    assert (model["made_here"], model["weights"]["here"]) == (True, True)
    assert f"/explorer/{name}/_blocks.3/5/" in page
    assert "It passed its verification on 16 visualizations and 203 natural images." in page
    assert "</span> passed</td>" in page
    assert f"/lineage/{circuit['digest']}/" in fooled
    assert f'value="{name}"' in builder


def test_models_come_back_into_the_zoo_folder_of_a_restored_server(api: APIClient, zoo: Path) -> None:
    name = model_id(ended(published=True).digest)
    shutil.rmtree(zoo)

    look_after()

    assert api.get(f"/api/v1/models/{name}").json()["weights"]["here"] is True


def test_model_is_brought_back_for_the_pictures_of_its_units(api: APIClient, zoo: Path) -> None:
    name = model_id(ended(published=True).digest)
    explored.made("visualization", unit=f"{name}/_blocks.3:5")
    Artifact.objects.filter(kind=Circuit.kind).delete()
    shutil.rmtree(zoo)

    look_after()

    assert api.get(f"/api/v1/models/{name}").status_code == 200


def test_storing_what_is_no_model_does_not_look_through_the_store(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[str] = []
    monkeypatch.setattr(ArtifactStore, "digests", lambda _, beginning: looked.append(beginning) or [])

    explored.made("exemplars")

    assert looked == []


def test_lineage_of_a_picture_of_a_fooled_unit_leads_to_its_circuit(api: APIClient, zoo: Path) -> None:
    circuit = ended(published=True)
    picture = explored.made("visualization", unit=f"{model_id(circuit.digest)}/_blocks.3:5")

    lineage = api.get(f"/api/v1/lineage/{picture.digest}").json()

    assert [entry["digest"] for entry in lineage] == [picture.digest, circuit.digest]


def test_unit_is_fooled_from_its_page(researcher: Client) -> None:
    sent = {"construction": "gate", "target": "unit", "donor": "efficientnet_lite0.in1k/_blocks.3:9", "offset": "", "image": ""}

    ordered = researcher.post(f"{PAGE}circuit/", sent)
    job = Job.objects.get()
    page = researcher.get(ordered.headers["Location"])

    assert ordered.headers["Location"] == f"/circuits/{job.digest}/"
    assert (job.recipe["unit"], job.recipe["donor"]) == (UNIT, sent["donor"])
    assert "waits for a worker" in page.content.decode()


def test_order_that_cannot_be_is_told_on_the_units_page(researcher: Client) -> None:
    page = researcher.post(f"{PAGE}circuit/", {"construction": "gate", "target": "unit", "donor": "nonsense"})

    assert page.status_code == 400
    assert list(page.context["circuit_form"].errors) == ["donor"]
    assert not Job.objects.exists()


def test_circuit_without_an_image_of_its_own_says_which_one_it_shows(researcher: Client) -> None:
    page = researcher.post(f"{PAGE}circuit/", {"construction": "gate", "target": "image"}, follow=True)

    assert "scikit-image's photograph of a cat" in explored.text_of(page)


def test_circuit_is_cancelled_and_ordered_again(researcher: Client) -> None:
    researcher.post(f"{PAGE}circuit/", {"construction": "gate", "target": "permute"})
    first = Job.objects.get()

    researcher.post(f"/circuits/{first.digest}/", {"action": "cancel"})
    cancelled = researcher.get(f"/circuits/{first.digest}/state/").content.decode()
    too_late = researcher.post(f"/circuits/{first.digest}/", {"action": "cancel"}, follow=True).content.decode()
    researcher.post(f"/circuits/{first.digest}/", {"action": "again"})

    assert 'data-state="cancelled"' in cancelled
    assert "Nothing was done" in too_late
    assert store().is_cancelled(str(first.id))
    assert [job.state for job in Job.objects.order_by("created_at")] == ["cancelled", "queued"]


def test_circuit_that_is_begun_while_a_page_is_made_stays_as_it_was_seen_first(api: APIClient) -> None:
    api.post("/api/v1/circuits", ORDER, format="json")
    job = Job.objects.get()
    seen = circuit_shown(job.digest)
    assert seen
    assert seen.state == "queued"

    told = jobs.Progress(job=str(job.id), done=3, total=9, beat_at=1.0).as_json()
    compute.queue().backend.store_result(str(job.task_id), told, "PROGRESS")

    assert (seen.state, seen.progress.done) == ("queued", 0)


def test_failed_circuit_shows_the_error(researcher: Client) -> None:
    researcher.post(f"{PAGE}circuit/", {"construction": "gate", "target": "permute"})
    job = Job.objects.get()
    job_end(jobs.failed(str(job.id), {"field": "unit", "message": "the unit is dead", "remedy": "Choose another"}))

    assert "unit: the unit is dead. Choose another." in researcher.get(f"/circuits/{job.digest}/").content.decode()


@pytest.mark.parametrize("door", ["/circuits/{digest}/", "/admin/stimuli/job/"])
def test_circuit_whose_network_is_gone_cannot_be_ordered_again_and_says_so(door: str, researcher: Client, zoo: Path) -> None:
    fooled = model_id(ended(published=True).digest)
    researcher.post(f"/explorer/{fooled}/_blocks.3/5/circuit/", {"construction": "gate", "target": "permute"})
    job = Job.objects.get()
    job_cancel(job)
    shutil.rmtree(zoo)

    sent = {"action": "again"} if "circuits" in door else {"action": "retry", "_selected_action": [str(job.id)]}
    page = researcher.post(door.format(digest=job.digest), sent, follow=True)

    assert f"model &#x27;{fooled}&#x27; is unknown" in page.content.decode()


def command(*words: str) -> str:
    out = io.StringIO()
    call_command("circuit_create", "--unit", UNIT, *words, stdout=out)
    return out.getvalue()


def test_command_orders_and_says_where_to_look() -> None:
    told = command("--construction", "gate", "--target", "permute", "--set", "offset=2")

    job = Job.objects.get()
    assert told == f"circuit {job.digest[:12]} is queued; /circuits/{job.digest}/\n"
    assert job.recipe["offset"] == 2


@pytest.mark.parametrize("published", [True, False])
def test_command_that_waits_ends_with_the_model_or_the_reasons(published: bool, zoo: Path) -> None:
    name = model_id(ended(published=published).digest)

    told = command("--construction", "gate", "--target", "permute", "--offset", "2", "--wait")

    assert (f"published as {name}" in told) == published
    assert (REASONS[0] in told) != published


def test_command_names_what_is_wrong(capsys: pytest.CaptureFixture[str], settings: pytest_django.Settings) -> None:
    with pytest.raises(SystemExit) as ended_with:
        command("--target", "unit")

    assert ended_with.value.code == 2
    assert "donor" in capsys.readouterr().err
