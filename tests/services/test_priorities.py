"""What comes first on the GPU queue: analyses, parts of work that has begun, what a study waits for; on both kinds of queue."""

from pathlib import Path

import pytest
from celery import Celery
from kombu import Queue

from experiments import jobs

pytestmark = pytest.mark.integration


@pytest.mark.parametrize("kind", ["filesystem", "redis"])
def test_messages_are_taken_by_priority_and_then_by_age(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = request.getfixturevalue("redis_url") if kind == "redis" else f"filesystem://{tmp_path}/queue"
    monkeypatch.setenv("BROKER_URL", url)
    app = Celery("priorities")
    app.conf.update(jobs.queue_settings(default_queue=jobs.GPU_QUEUE))
    sent = [jobs.ORDINARY, jobs.URGENT, jobs.ORDINARY, jobs.PARTS, jobs.URGENT, jobs.ANALYSES]

    for number, priority in enumerate(sent):
        app.send_task("task", kwargs={"number": number}, queue=jobs.GPU_QUEUE, priority=priority)
    with app.connection_for_read() as connection:
        queue = Queue(jobs.GPU_QUEUE)(connection.default_channel)
        taken = []
        for _ in sent:
            message = queue.get()
            message.ack()
            taken.append(message.payload[1]["number"])

    assert taken == [5, 3, 1, 4, 0, 2]
    app.close()
