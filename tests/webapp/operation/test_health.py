"""Is it alive, is everything there: what strangers and operators are told when a part is down."""

import json
import os
import time
from collections.abc import Iterator

import pytest
from django.db import connection
from django.test import Client

from experiments import heard, jobs
from experiments.heard import workers_heard
from tests.services import processes
from webapp import compute
from webapp.operation import health
from webapp.stimuli.selectors import store
from webapp.stimuli.services import jobs_look_after

pytestmark = [pytest.mark.integration, pytest.mark.django_db]
TOKEN = "the-token-of-the-metrics"
WITH_TOKEN = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture(autouse=True)
def looked_at_anew(settings) -> Iterator[None]:
    """No answer of an earlier test, and two workers that were just heard of."""
    settings.METRICS_TOKEN = TOKEN
    for queue in (jobs.GPU_QUEUE, jobs.WEB_QUEUE):
        store().mark_heard(queue, worker=f"{queue}@machine-of-{queue}")
    health._parts.cache_clear()
    yield
    health._parts.cache_clear()


def test_process_is_alive_without_asking_the_database(django_assert_num_queries) -> None:
    with django_assert_num_queries(0):
        response = Client().get("/healthz")

    assert (response.status_code, response.content) == (200, b"ok\n")


def test_deployment_is_ready_when_every_part_is_there() -> None:
    response = Client().get("/readyz")

    assert response.status_code == 200
    assert response.json() == {"state": "ready", "parts": {name: {"state": "up"} for name in health.CHECKS}}


def test_missing_worker_is_told_to_strangers_without_a_name_and_to_operators_with_a_remedy() -> None:
    store().fs.rm(f"{store().root}/heard/{jobs.GPU_QUEUE}", recursive=True)

    stranger, operator = Client().get("/readyz"), Client().get("/readyz", headers=WITH_TOKEN)

    assert (stranger.status_code, operator.status_code) == (503, 503)
    assert stranger.json()["parts"]["gpu worker"] == {"state": "down"}
    assert "machine-of" not in stranger.content.decode()
    assert "celery -A experiments.celery_app" in operator.json()["parts"]["gpu worker"]["remedy"]
    assert "web@machine-of-web" in operator.json()["parts"]["web worker"]["message"]


def test_staff_are_told_the_details_and_others_are_not(researcher: Client) -> None:
    assert "machine-of-web" in researcher.get("/readyz").content.decode()
    assert "message" not in Client().get("/readyz", headers={"Authorization": "Bearer wrong"}).content.decode()


def test_worker_that_fell_silent_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    assert heard.main("gpu@machine-of-gpu") == 1, "the default store does not know it"
    monkeypatch.setenv("ARTIFACT_URL", store().root)
    assert heard.main("gpu@machine-of-gpu") == 0

    store()._write("heard/gpu/gpu@machine-of-gpu", str(health.time.time() - heard.LATELY_SECONDS - 1).encode())

    assert workers_heard(store(), queue="gpu") == {}
    assert heard.main("gpu@machine-of-gpu") == 1


def test_look_after_sweeps_marks_of_workers_and_jobs_that_are_long_gone() -> None:
    days = {"heard/swept/gone": 2, "heard/swept/alive": 0, "cancelled/swept-long-ago": 31, "cancelled/swept-lately": 29}
    for name, age in days.items():
        store()._write(name, b"1.0")
        os.utime(f"{store().root}/{name}", (0, time.time() - age * 24 * 3600))

    jobs_look_after()

    assert [name for name in days if store().fs.exists(f"{store().root}/{name}")] == [
        "heard/swept/alive",
        "cancelled/swept-lately",
    ]


def test_lost_redis_is_told_within_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_URL", url := f"redis://:secret@127.0.0.1:{processes.free_port()}/0")
    monkeypatch.setenv("BROKER_URL", "")
    monkeypatch.setenv("RESULT_URL", "")
    compute.queue.cache_clear()
    try:
        response = Client().get("/readyz", headers=WITH_TOKEN)
        metrics = Client().get("/metrics", headers=WITH_TOKEN)
    finally:
        compute.queue.cache_clear()

    down = {name for name, part in response.json()["parts"].items() if part["state"] == "down"}
    assert (response.status_code, down) == (503, {"broker", "results"})
    assert url not in response.content.decode()
    assert "secret" not in response.content.decode()
    assert 'part_up{part="broker"} 0.0' in metrics.content.decode()


def test_full_disk_and_unwritable_store_are_told(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    monkeypatch.setattr(health, "LEAST_FREE", 2**62)
    # A file where a folder should be: root may write everywhere else.
    (tmp_path / "artifacts" / "passing").rmdir()
    (tmp_path / "artifacts" / "passing").write_text("")

    parts = Client().get("/readyz", headers=WITH_TOKEN).json()["parts"]

    assert {name for name, part in parts.items() if part["state"] == "down"} == {"artifact store", "disk"}
    assert "MiB free on the disk of the artifacts" in parts["disk"]["message"]


def test_migration_that_was_not_applied_is_told() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'runs'")
        deleted = cursor.rowcount

    parts = Client().get("/readyz", headers=WITH_TOKEN).json()["parts"]

    assert f"{deleted} not applied" in parts["migrations"]["message"]
    assert json.dumps(parts).count('"down"') == 1
