"""Runs over REST and on the command line, from their start to their end, with real recipes; what workers bring is made up."""

import io
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.core.management import call_command
from django.test import Client
from rest_framework.test import APIClient

from experiments import jobs
from experiments.contract.local_models import model_id
from tests.webapp.made_up_runs import CLAIMS, ORDER, PAPER, come_home, made, recipe_of, trained
from tests.webapp.tokens import client_of
from webapp.runs.models import TrainingRun
from webapp.stimuli.models import Artifact, Job
from webapp.stimuli.services import job_end

pytestmark = [pytest.mark.integration, pytest.mark.django_db, pytest.mark.usefixtures("own_zoo")]


@pytest.fixture
def api() -> APIClient:
    return client_of(User.objects.create_superuser("api"))


def test_run_is_queued_once_and_can_be_looked_at(api: APIClient) -> None:
    first = api.post("/api/v1/runs", ORDER, format="json")
    again = api.post("/api/v1/runs", ORDER, format="json")
    seen = api.get(first.headers["Location"]).json()

    assert first.status_code == again.status_code == 202
    assert first.json()["job"]["id"] == again.json()["job"]["id"] == str(Job.objects.get().id)
    assert {name: seen[name] for name in ORDER} == ORDER
    assert (seen["preset"], seen["state"], seen["started_by"], seen["artifact"]) == ("smoke", "queued", "api", None)
    assert (seen["claims"], seen["figures"], seen["models"], seen["result"]) == ([], [], [], "")
    assert TrainingRun.objects.get().digest == recipe_of(ORDER).digest


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "paper"),
        ({"paper": "nobody1999_nothing"}, "paper"),
        ({"paper": "zimmermann2023_scale"}, "paper"),
        ({"paper": PAPER, "preset": "huge"}, "preset"),
        ({"paper": PAPER, "seed": -1}, "seed"),
        ({"paper": PAPER, "seed": "one"}, "seed"),
        ({"paper": PAPER, "settings": [1]}, "settings"),
        ({"paper": PAPER, "settings": {"part": "a\0b"}}, "settings"),
        ({"paper": PAPER, "settings": {"part": "a" * 30_000}}, "settings"),
        ({"paper": PAPER, "colour": "red"}, "colour"),
        ([PAPER], "paper"),
    ],
)
def test_run_that_cannot_be_names_its_field(body: Any, field: str, api: APIClient) -> None:
    response = api.post("/api/v1/runs", body, format="json")

    assert response.status_code == 400
    assert response.json()["field"] == field
    assert response.json()["remedy"]
    assert not TrainingRun.objects.exists()


@pytest.mark.parametrize("digest", ["abc", "%00", "a" * 300])
def test_run_that_nobody_started_is_not_found(digest: str, api: APIClient, researcher: Client) -> None:
    assert api.get(f"/api/v1/runs/{digest}").status_code == 404
    assert researcher.get(f"/runs/{digest}/").status_code == 404


def test_run_that_came_home_has_claims_figures_and_networks(api: APIClient) -> None:
    api.post("/api/v1/runs", ORDER, format="json")
    stages = [trained(1), trained(2, takes="vectors")]
    come_home(recipe_of(ORDER), stages=stages)

    told = api.post("/api/v1/runs", ORDER, format="json")
    run = told.json()

    assert told.status_code == 200
    assert run["state"] == "finished"
    assert [(claim["id"], claim["value"], claim["holds"]) for claim in run["claims"]] == [
        ("first", "0.98", True),
        ("second", "0.5", False),
        ("third", "", None),
    ]
    assert run["warnings"] == ["rows=all takes an hour"]
    assert [figure["caption"] for figure in run["figures"]] == ["Scores by row"]
    assert {(model["id"], model["takes_images"]) for model in run["models"]} == {
        (model_id(stages[0].digest), True),
        (model_id(stages[1].digest), False),
    }
    assert api.get(run["result"]).json() == {"claims": CLAIMS}
    assert api.get(run["models"][0]["url"]).json()["made_here"] is True
    assert {artifact.kind for artifact in Artifact.objects.all()} == {"run", "training"}


def test_run_that_the_command_line_made_is_found_with_its_networks(api: APIClient) -> None:
    stage = trained(1)
    made(recipe_of(ORDER), stages=[stage])

    run = api.post("/api/v1/runs", ORDER, format="json").json()

    assert (run["state"], run["job"]) == ("finished", None)
    assert [model["id"] for model in run["models"]] == [model_id(stage.digest)]
    assert len(run["claims"]) == 3
    assert not Job.objects.exists()


def test_runs_are_listed_by_state_paper_and_preset(api: APIClient) -> None:
    orders = [{**ORDER, "seed": seed} for seed in range(4)]
    for order in orders:
        api.post("/api/v1/runs", order, format="json")
    digests = [recipe_of(order).digest for order in orders]
    come_home(recipe_of(orders[0]), stages=[])
    error = {"field": "epochs", "message": "it is no number", "remedy": "Give one"}
    job_end(jobs.failed(str(Job.objects.get(digest=digests[1]).id), error))
    job_end(jobs.cancelled(str(Job.objects.get(digest=digests[2]).id)))

    def listed(query: str) -> list[str]:
        return [run["digest"] for run in api.get(f"/api/v1/runs?{query}").json()["results"]]

    by_state = {state: listed(f"state={state}") for state in ("finished", "failed", "cancelled", "under_way")}
    assert by_state == dict(zip(by_state, ([digest] for digest in digests), strict=True))
    assert listed(f"paper={PAPER}") == digests[::-1]
    assert listed("preset=cpu") == []
    second = api.get("/api/v1/runs?limit=2&offset=1").json()
    assert [run["digest"] for run in second["results"]] == digests[2:0:-1]
    assert second["count"] == 4
    assert "offset=3" in second["next"]
    unknown = [
        api.get(f"/api/v1/runs?{name}={text}") for name, text in (("state", "lost"), ("paper", "lost%00"), ("preset", "all"))
    ]
    assert [(one.status_code, one.json()["field"]) for one in unknown] == [(400, "state"), (400, "paper"), (400, "preset")]


@pytest.mark.parametrize(
    ("rights", "reading", "starting"), [([], 403, 403), (["view_artifact"], 200, 403), (["add_job"], 403, 202)]
)
def test_rest_asks_for_the_rights_that_circuits_ask_for(rights: list[str], reading: int, starting: int) -> None:
    user = User.objects.create_user("staff", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=rights))
    client = client_of(user)

    assert client.get("/api/v1/runs").status_code == reading
    assert client.post("/api/v1/runs", ORDER, format="json").status_code == starting


def command(*words: str) -> str:
    out = io.StringIO()
    call_command("run_start", PAPER, *words, stdout=out)
    return out.getvalue()


def test_command_starts_and_says_where_to_look() -> None:
    told = command("--set", "part=theory", "--seed", "3")

    run = TrainingRun.objects.get()
    assert told == f"run {run.digest[:12]} is queued; /runs/{run.digest}/\n"
    assert (run.seed, run.settings, run.started_by) == (3, {"part": "theory"}, None)


def test_command_that_waits_ends_with_claims_and_networks() -> None:
    stage = trained(1)
    made(recipe_of(ORDER), stages=[stage])

    told = command("--set", "part=theory", "--seed", "3", "--wait")

    assert "warning: rows=all takes an hour\nholds: It learns: 0.98\ndoes not hold: It stays: 0.5" in told
    assert f"in the zoo: {model_id(stage.digest)}, A network that takes images" in told


def test_command_names_what_is_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended_with:
        command("--seed", "-1")

    assert ended_with.value.code == 2
    assert "seed" in capsys.readouterr().err
