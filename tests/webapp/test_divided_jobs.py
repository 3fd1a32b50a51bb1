"""Jobs that were divided: their progress is that of their parts, and they are lost when one of them falls silent."""

import time
import uuid
from typing import Any

import pytest

from experiments import jobs
from webapp import compute

pytestmark = pytest.mark.integration
LONG_AGO = 1000.0


def tell(task: str, state: str, result: Any) -> None:
    """What a worker would write into the result backend."""
    compute.queue().backend.store_result(task, result, state)


def beat(task: str, *, seconds_ago: float) -> None:
    tell(task, "PROGRESS", jobs.Progress(job="job", beat_at=time.time() - seconds_ago).as_json())


@pytest.fixture
def divided() -> tuple[str, list[str]]:
    """A task that was divided long ago, and its three parts."""
    task, parts = str(uuid.uuid4()), [str(uuid.uuid4()) for _ in range(3)]
    began = time.time() - LONG_AGO
    tell(task, "PROGRESS", jobs.Progress(job="job", total=3, beat_at=began, since=began, parts=parts).as_json())
    return task, parts


@pytest.fixture
def empty_queue() -> None:
    with compute.queue().connection_for_write() as connection:
        connection.default_channel.queue_purge(jobs.GPU_QUEUE)


def seconds_since_beat(task: str) -> float:
    progress = compute.progress(task)
    assert progress is not None
    return time.time() - progress.beat_at


@pytest.mark.usefixtures("empty_queue")
def test_progress_counts_the_parts_that_have_ended(divided: tuple[str, list[str]]):
    task, parts = divided
    tell(parts[0], "SUCCESS", {"state": "finished"})
    beat(parts[1], seconds_ago=2)

    progress = compute.progress(task)

    assert progress is not None
    assert (progress.done, progress.total, progress.doing) == (1, 3, "shard 2 of 3")


@pytest.mark.usefixtures("empty_queue")
def test_one_part_that_beats_keeps_the_job_alive(divided: tuple[str, list[str]]):
    task, parts = divided
    beat(parts[1], seconds_ago=2)

    assert 1.5 < seconds_since_beat(task) < 100


@pytest.mark.usefixtures("empty_queue")
def test_a_part_that_has_just_ended_keeps_the_job_alive(divided: tuple[str, list[str]]):
    task, parts = divided
    for part in parts:
        tell(part, "SUCCESS", {"state": "finished"})

    assert seconds_since_beat(task) < 100


def test_parts_that_wait_in_the_queue_keep_the_job_alive(divided: tuple[str, list[str]]):
    task, _ = divided
    compute.submit(job="other", task_id=str(uuid.uuid4()), recipe={})

    assert seconds_since_beat(task) < 100


def test_a_part_that_fell_silent_is_noticed_while_others_beat_or_wait(divided: tuple[str, list[str]]):
    task, parts = divided
    beat(parts[0], seconds_ago=500)
    beat(parts[1], seconds_ago=2)
    compute.submit(job="other", task_id=str(uuid.uuid4()), recipe={})

    assert seconds_since_beat(task) > jobs.LOST_SECONDS


@pytest.mark.usefixtures("empty_queue")
def test_a_message_of_others_does_not_keep_a_job_alive_whose_parts_were_all_begun(divided: tuple[str, list[str]]):
    task, parts = divided
    for part in parts:
        beat(part, seconds_ago=30)
    compute.submit(job="other", task_id=str(uuid.uuid4()), recipe={})

    assert 25 < seconds_since_beat(task) < 100


def test_a_silent_part_of_an_attempt_that_was_lost_waits_again(divided: tuple[str, list[str]]):
    task, parts = divided
    beat(parts[0], seconds_ago=LONG_AGO + 500)
    compute.submit(job="other", task_id=str(uuid.uuid4()), recipe={})

    assert seconds_since_beat(task) < 100


def test_a_worker_that_died_over_a_part_is_a_lost_worker():
    task = str(uuid.uuid4())
    tell(task, "FAILURE", RuntimeError("Dependency 1 raised WorkerLostError('signal 9 (SIGKILL)')"))

    assert type(compute.crash(task)).__name__ == "WorkerLostError"


def test_a_part_has_the_same_task_at_every_attempt():
    ids = {jobs.part_id(job, digest=digest) for job in ("a", "b") for digest in ("1", "2") for _ in range(2)}

    assert len(ids) == 4
