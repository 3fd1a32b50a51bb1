"""Jobs: the table is the truth, the queue only a hint. Real store, database and file result backend; no worker runs here."""

import threading
import time
import uuid
from datetime import timedelta

import pytest
from billiard.exceptions import WorkerLostError
from django.utils import timezone

from experiments import jobs
from experiments.contract.artifacts import NewFile, Product
from experiments.contract.recipes import Exemplars, Recipe
from tests.webapp import made_up
from webapp import compute
from webapp.stimuli import services
from webapp.stimuli.models import Artifact, Job
from webapp.stimuli.selectors import job_shown, store
from webapp.studies.models import Study

# Messages are sent when a transaction commits, so these tests commit.
pytestmark = [pytest.mark.integration, pytest.mark.django_db(transaction=True)]


def recipe(**changes: object) -> Exemplars:
    return Exemplars(unit=made_up.UNITS[0], seed=uuid.uuid4().int % 2**31, **changes)


def requested(of: Recipe | None = None) -> Job:
    job = services.artifact_request(of or recipe())
    assert isinstance(job, Job)
    return job


def outcome(job: Job, made: Recipe) -> dict:
    manifest = store().publish(made, Product(new_files=[NewFile(name="max_000", content=b"png")]), provenance={})
    return jobs.finished(str(job.id), manifest.as_json())


def tell(job: Job, state: str, result: object) -> None:
    """What a worker would write into the result backend."""
    compute.queue().backend.store_result(str(job.task_id), result, state)


def beat(job: Job, *, seconds_ago: float) -> None:
    progress = jobs.Progress(job=str(job.id), done=3, total=9, doing="working", beat_at=time.time() - seconds_ago)
    tell(job, "PROGRESS", progress.as_json())


def test_same_recipe_asked_twice_is_one_job():
    wanted = recipe()

    first, second = requested(wanted), requested(wanted)

    assert first.id == second.id
    assert Job.objects.filter(digest=wanted.digest).count() == 1


def test_stored_artifact_is_returned_without_a_job():
    wanted = recipe()
    services.job_end(outcome(requested(wanted), wanted))

    found = services.artifact_request(wanted)

    assert isinstance(found, Artifact)
    assert Job.objects.filter(digest=wanted.digest).count() == 1


def test_artifact_made_by_somebody_else_is_adopted():
    wanted = recipe()
    store().publish(wanted, Product(), provenance={})

    found = services.artifact_request(wanted)

    assert isinstance(found, Artifact)
    assert not Job.objects.filter(digest=wanted.digest).exists()


def test_outcome_that_comes_home_three_times_changes_nothing_more():
    wanted = recipe()
    job = requested(wanted)
    body = outcome(job, wanted)

    for _ in range(3):
        services.job_end(body)
    ended_at = Job.objects.get(id=job.id).ended_at
    services.job_end(jobs.failed(str(job.id), {"field": "x", "message": "late", "remedy": "none"}))

    job.refresh_from_db()
    assert job.state == Job.State.FINISHED
    assert job.ended_at == ended_at
    assert Artifact.objects.filter(digest=wanted.digest).count() == 1


def test_expected_error_ends_the_job_with_its_message():
    job = requested()
    error = {"field": "pool", "message": "the folder is empty", "remedy": "Put images there"}

    services.job_end(jobs.failed(str(job.id), error))

    job.refresh_from_db()
    assert job.state == Job.State.FAILED
    assert job.error == error


def test_progress_is_read_live():
    job = requested()
    beat(job, seconds_ago=1)

    shown = job_shown(job)

    assert (shown.state, shown.done, shown.total, shown.doing) == ("started", 3, 9, "working")


@pytest.mark.parametrize(("done", "total", "left"), [(3, 9, 20.0), (0, 9, None), (9, 9, None), (0, 0, None)])
def test_time_left_goes_on_at_the_pace_so_far(done, total, left):
    job = requested()
    now = time.time()
    told = jobs.Progress(job=str(job.id), done=done, total=total, doing="working", beat_at=now, since=now - 10)
    tell(job, "PROGRESS", told.as_json())

    shown = job_shown(job)

    assert shown.seconds_left == (left if left is None else pytest.approx(left, abs=1e-3))


def test_what_a_preparing_study_needs_is_urgent_and_what_people_look_at_is_not():
    study = made_up.study(opened=False)
    looked_at = requested()

    assert set(Job.objects.filter(digest__in=study.artifacts.values("digest")).values_list("urgent", flat=True)) == {True}
    assert not looked_at.urgent


def test_waiting_job_moves_up_when_a_study_needs_it():
    wanted = recipe()
    job = requested(wanted)

    urged = services.artifact_request(wanted, urgent=True)
    again = services.artifact_request(wanted)

    # Another message, the same attempt; a later request that is not urgent leaves it where it is.
    assert urged.id == job.id
    assert urged.urgent
    assert (urged.task_id != job.task_id, urged.attempts) == (True, 1)
    assert (again.task_id, again.urgent) == (urged.task_id, True)


def test_running_job_is_not_queued_twice_when_it_becomes_urgent():
    wanted = recipe()
    job = requested(wanted)
    beat(job, seconds_ago=1)

    urged = services.artifact_request(wanted, urgent=True)

    assert (urged.task_id, urged.urgent) == (job.task_id, True)


def test_look_after_notes_a_beating_job_as_started():
    job = requested()
    beat(job, seconds_ago=1)

    services.jobs_look_after()

    job.refresh_from_db()
    assert job.state == Job.State.STARTED
    assert job.attempts == 1


def test_look_after_brings_home_an_outcome_whose_message_was_lost():
    wanted = recipe()
    job = requested(wanted)
    tell(job, "SUCCESS", outcome(job, wanted))

    services.jobs_look_after()

    job.refresh_from_db()
    assert job.state == Job.State.FINISHED


def test_lost_worker_is_followed_by_others_and_then_by_failure():
    job = requested()
    tasks = []
    for _ in range(jobs.MAX_ATTEMPTS):
        tasks.append(job.task_id)
        beat(job, seconds_ago=2 * jobs.LOST_SECONDS)
        services.jobs_look_after()
        job.refresh_from_db()

    assert len(set(tasks)) == jobs.MAX_ATTEMPTS
    assert job.state == Job.State.FAILED
    assert "worker lost" in job.error["message"]


def test_message_that_the_queue_forgot_is_no_attempt():
    job = requested()
    tasks = []
    for _ in range(jobs.MAX_ATTEMPTS + 1):
        tasks.append(job.task_id)
        with compute.queue().connection_for_write() as connection:
            connection.default_channel.queue_purge(jobs.GPU_QUEUE)
        Job.objects.update(queued_at=timezone.now() - timedelta(seconds=2 * jobs.LOST_SECONDS))
        services.jobs_look_after()
        job.refresh_from_db()

    assert len({*tasks, job.task_id}) == jobs.MAX_ATTEMPTS + 2
    assert (job.state, job.attempts) == (Job.State.QUEUED, 1)


def test_message_that_later_ones_overtook_is_sent_again_though_the_queue_is_not_empty():
    lost, later, waiting, urgent = requested(), requested(), requested(), requested()
    now, seconds = timezone.now(), timedelta(seconds=jobs.LOST_SECONDS)
    for age, job in ((5, lost), (4, later), (3, waiting), (5, urgent)):
        Job.objects.filter(id=job.id).update(queued_at=now - age * seconds, urgent=job is urgent)
    Job.objects.filter(id=later.id).update(state=Job.State.FINISHED, ended_at=now - 2 * seconds)

    services.jobs_look_after()

    # Of the urgent ones none has come after it, so that it may still be waiting, too.
    sent_again = [job for job in (lost, waiting, urgent) if Job.objects.get(id=job.id).task_id != job.task_id]
    assert sent_again == [lost]
    assert Job.objects.get(id=lost.id).attempts == 1


def test_killed_child_process_is_a_lost_worker_not_a_fault():
    job = requested()
    tell(job, "FAILURE", WorkerLostError("Worker exited prematurely: signal 9 (SIGKILL)"))

    services.job_crash(str(job.task_id))

    job.refresh_from_db()
    assert (job.state, job.attempts) == (Job.State.QUEUED, 2)


def test_crash_ends_the_job_with_the_exception():
    job = requested()
    tell(job, "FAILURE", ZeroDivisionError("division by zero"))

    services.job_crash(str(job.task_id))

    job.refresh_from_db()
    assert job.state == Job.State.FAILED
    assert job.error["message"] == "ZeroDivisionError: division by zero"


def test_cancelled_job_leaves_a_mark_for_its_worker():
    job = requested()

    services.job_cancel(job)

    job.refresh_from_db()
    assert job.state == Job.State.CANCELLED
    assert store().is_cancelled(str(job.id))


def test_cancel_leaves_a_job_that_has_ended_as_it_is():
    wanted = recipe()
    job = requested(wanted)
    services.job_end(outcome(job, wanted))
    job.refresh_from_db()

    services.job_cancel(job)

    job.refresh_from_db()
    assert job.state == Job.State.FINISHED
    assert not store().is_cancelled(str(job.id))


def test_study_whose_stimulus_failed_says_so_and_can_be_prepared_again():
    study = made_up.study(opened=False)
    job = Job.objects.filter(digest=study.artifacts.first().digest).get()
    error = {"field": "pool", "message": "the folder is empty", "remedy": "Put images there"}

    services.job_end(jobs.failed(str(job.id), error))

    study.refresh_from_db()
    assert study.state == Study.State.FAILED
    assert study.error["message"] == "the folder is empty"
    assert study.error["unit"] in made_up.UNITS


def test_job_that_ends_while_its_progress_is_read_has_no_progress_any_more():
    for _ in range(50):
        job = requested(recipe())
        beat(job, seconds_ago=0)
        ending = threading.Thread(target=tell, args=(job, "SUCCESS", {"job": str(job.id), "state": "finished"}))

        ending.start()
        while progress := compute.progress(str(job.task_id)):
            assert progress.done == 3
        ending.join()
        Job.objects.all().delete()
