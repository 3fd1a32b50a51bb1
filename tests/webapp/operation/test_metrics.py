"""The metrics, read as Prometheus reads them: what they count, who may see them, and what they cost."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from experiments.contract.recipes import recipe_from_json
from tests.webapp import made_up
from webapp.operation import health
from webapp.participants.models import AuditEntry
from webapp.stimuli.models import Job
from webapp.stimuli.services import artifact_request
from webapp.studies.models import Response

pytestmark = [pytest.mark.integration, pytest.mark.django_db]
TOKEN = "the-token-of-the-metrics"
RECIPE = {"kind": "feature_visualization", "unit": made_up.UNITS[0]}


@pytest.fixture(autouse=True)
def metrics_on(settings) -> None:
    settings.METRICS_TOKEN = TOKEN
    health._parts.cache_clear()


def scraped() -> Callable[..., float]:
    """A function that gives the value of a sample by name and labels, as of now."""
    response = Client().get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert response.status_code == 200
    families = text_string_to_metric_families(response.content.decode())
    samples = {(one.name, frozenset(one.labels.items())): one.value for family in families for one in family.samples}
    return lambda name, **labels: samples[f"unitscope_{name}", frozenset(labels.items())]


def test_metrics_count_what_is_in_the_database(browser) -> None:
    study = made_up.study(practice_obvious=0, practice_other=0)
    _, session = browser(study)
    session.instruction_time, session.practice_passed = 1.0, True
    session.save()
    for trial, rt in zip(session.trials.filter(kind="main").order_by("position")[:3], (1234.5, 987.6, 1.0), strict=True):
        Response.objects.create(trial=trial, key=trial.id, rt=rt, flags="rt_impossible" if rt < 100 else "")
    job = artifact_request(recipe_from_json(RECIPE))
    Job.objects.filter(id=job.id).update(queued_at=timezone.now() - timedelta(minutes=5))
    finished = Job.objects.exclude(id=job.id).first()
    Job.objects.exclude(id=job.id).update(state="finished", ended_at=timezone.now())
    AuditEntry.objects.create(action=AuditEntry.Action.ERASED)

    value = scraped()

    assert value("answers_total") == 3
    assert value("answers_flagged_total") == 1
    assert value("sessions", study=study.name, kind="live", state="running") == 1
    assert value("sessions_complete", study=study.name) == 0
    assert value("jobs", state="queued") == 1
    assert value("jobs", state="failed") == 0
    assert 299 < value("jobs_oldest_queued_seconds") < 600
    assert value("job_seconds_count", kind=finished.kind) == Job.objects.filter(kind=finished.kind).exclude(id=job.id).count()
    assert value("payments", state="sent") == 0
    assert value("audit_entries_total", action="erased a person") == 1
    assert value("results_outdated") == 0
    assert value("database_bytes") > 100_000
    assert value("artifacts_disk_free_bytes") > 0
    assert value("workers_heard", queue="gpu") == 0
    assert value("part_up", part="database") == 1
    assert value("part_up", part="gpu worker") == 0


def test_latency_is_counted_by_view_and_status_without_ids(client: Client) -> None:
    study = made_up.study(opened=False)
    before = _requests()

    entered = client.get(f"/p/{study.id}/?participant=somebody-else").status_code
    client.get("/no/such/somebody-else")

    after = _requests()
    assert after["participant:entry", str(entered)] == before.get(("participant:entry", str(entered)), 0) + 1
    assert after["none", "404"] == before.get(("none", "404"), 0) + 1
    body = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).content.decode()
    assert "somebody-else" not in body
    assert str(study.id) not in body


def test_metrics_are_for_the_token_and_who_sees_all_studies_alone(
    client: Client, researcher: Client, reader: Client, settings
) -> None:
    refused = [client.get("/metrics"), client.get("/metrics", headers={"Authorization": "Bearer "}), reader.get("/metrics")]

    assert [response.status_code for response in refused] == [401, 401, 401]
    assert researcher.get("/metrics").status_code == 200
    settings.METRICS_TOKEN = ""
    assert researcher.get("/metrics").status_code == 404
    assert client.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404


def test_number_of_queries_does_not_grow(django_assert_max_num_queries) -> None:
    scraped()
    for _ in range(3):
        made_up.session(made_up.study())
    # As if the seconds were over for which its parts are not looked at again.
    health._parts.cache_clear()

    with django_assert_max_num_queries(20):
        scraped()


def _requests() -> dict[tuple[str, str], float]:
    body = Client().get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).content.decode()
    families = [one for one in text_string_to_metric_families(body) if one.name == "unitscope_http_request_seconds"]
    counts = [one for family in families for one in family.samples if one.name.endswith("_count")]
    return {(one.labels["view"], one.labels["status"]): one.value for one in counts}
