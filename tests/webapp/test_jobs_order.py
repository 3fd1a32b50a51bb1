"""The order of jobs on the queue, and what it tells of messages that are lost."""

from datetime import timedelta

import pytest
from django.utils import timezone
from kombu import Queue

from experiments import jobs
from experiments.contract.recipes import Analysis
from tests.webapp.test_jobs import recipe, requested
from webapp import compute
from webapp.stimuli import services
from webapp.stimuli.models import Job

# Messages are sent when a transaction commits, so this test commits.
pytestmark = [pytest.mark.integration, pytest.mark.django_db(transaction=True)]


def test_analysis_overtakes_all_others_and_tells_nothing_of_them():
    ordinary, urgent = requested(), services.artifact_request(recipe(), urgent=True)
    analysis = requested(Analysis(paper="zimmermann2023_scale", table="0" * 64))
    long_ago = timezone.now() - timedelta(seconds=2 * jobs.LOST_SECONDS)
    Job.objects.filter(id__in=[ordinary.id, urgent.id]).update(queued_at=long_ago)
    Job.objects.filter(id=analysis.id).update(state=Job.State.STARTED, started_at=long_ago)
    with compute.queue().connection_for_read() as connection:
        first = Queue(jobs.GPU_QUEUE)(connection.default_channel).get()

    services.jobs_look_after()

    assert first.payload[1]["job"] == str(analysis.id)
    assert [Job.objects.get(id=job.id).task_id for job in (ordinary, urgent)] == [ordinary.task_id, urgent.task_id]
