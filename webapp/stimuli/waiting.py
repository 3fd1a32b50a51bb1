"""Sees a job through with a progress bar. Commands call it that order something and wait."""

import time

from tqdm import tqdm

from experiments.contract.errors import InputError
from webapp.stimuli.models import Artifact, Job
from webapp.stimuli.selectors import job_shown

LOOK_SECONDS = 0.5


def artifact_await(digest: str) -> Artifact | None:
    """The artifact once no job makes it any more, with a bar for each stage until then; None if the job was cancelled.

    Raises:
        InputError: The job failed, with the error that ended it.
    """
    with tqdm(total=0, unit="step") as bar:
        while job := Job.objects.filter(digest=digest, state__in=Job.OPEN).first():
            shown = job_shown(job)
            bar.total, bar.n = shown.total, shown.done
            bar.set_description(shown.doing or shown.state)
            time.sleep(LOOK_SECONDS)
    artifact = Artifact.objects.filter(digest=digest).first()
    ended = Job.objects.filter(digest=digest).order_by("created_at").last()
    if artifact is None and ended and ended.error:
        raise InputError.from_json(ended.error)
    return artifact
