"""What somebody ordered by its recipe, as pages and REST show it: circuits and runs build on it."""

from dataclasses import dataclass
from functools import cached_property

from webapp.stimuli.models import Artifact, Job
from webapp.stimuli.selectors import Shown, job_shown


@dataclass(frozen=True, kw_only=True)
class Ordered:
    """An order: the job that makes or made it, and the artifact once there is one. Looked at once, it stays as it was seen."""

    digest: str
    job: Job | None
    artifact: Artifact | None

    @cached_property
    def state(self) -> str:
        """`finished`, or where the newest job stands."""
        return Job.State.FINISHED if self.artifact else self.progress.state

    @cached_property
    def progress(self) -> Shown:
        """Of the newest job."""
        return job_shown(self.job) if self.job else Shown(state=Job.State.FINISHED, done=0, total=0, doing="")
