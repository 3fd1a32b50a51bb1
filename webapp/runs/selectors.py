"""Reads of runs: who started what, how far it is, what came of it. Called by REST, admin, pages and the command."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.urls import reverse

from model_zoo.catalogue import card, draw_units, eligible_layers, model_ids
from webapp.runs.models import RegisteredModel, RunClaim, TrainingRun
from webapp.stimuli.models import Artifact, Job
from webapp.stimuli.ordered import Ordered

RESULT = "result.json"
DRAWN = 18
"""Units that a study of a network made here begins with, if it has so many: those of the builder's own draw."""
UNDER_WAY = "under_way"
STATES = (UNDER_WAY, str(Job.State.FINISHED), str(Job.State.FAILED), str(Job.State.CANCELLED))
"""Where runs stand, for whoever wants only some."""

NEWEST_FIRST = ("-started_at", "digest")


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A figure of a run."""

    url: str
    caption: str


@dataclass(frozen=True, kw_only=True)
class NetworkShown:
    """A network that a run registered."""

    row: RegisteredModel
    is_here: bool
    """This machine has its card, so that the explorer shows it."""
    units: Sequence[str]
    """A few of its units, drawn; none where they have no pictures."""


@dataclass(frozen=True, kw_only=True)
class RunShown(Ordered):
    """A run that was started."""

    run: TrainingRun

    @property
    def is_open(self) -> bool:
        """Whether it waits or is being made."""
        return self.state in Job.OPEN

    @property
    def warnings(self) -> list[str]:
        """What the run says about what was asked for."""
        return list(self.artifact.manifest["values"].get("warnings", ())) if self.artifact else []

    @property
    def claims_with_data(self) -> list[RunClaim]:
        """Those about which the run says something."""
        return [claim for claim in self.run.claims.all() if claim.value]

    @property
    def claims_without_data(self) -> list[RunClaim]:
        """The paper's others."""
        return [claim for claim in self.run.claims.all() if not claim.value]

    @property
    def figures(self) -> list[Figure]:
        """All images of its artifact."""
        files = self.artifact.manifest["files"] if self.artifact else []
        return [
            Figure(url=self._file_url(file["name"]), caption=file["about"].get("caption", file["name"]))
            for file in files
            if file["media_type"].startswith("image/")
        ]

    @property
    def result_url(self) -> str:
        """The file with everything that was measured; empty before there is one."""
        return self._file_url(RESULT) if self.artifact else ""

    @cached_property
    def networks(self) -> list[NetworkShown]:
        """What it put into the zoo."""
        known = set(model_ids())
        return [
            NetworkShown(row=row, is_here=row.model in known, units=_drawn(row, self.run) if row.model in known else ())
            for row in self.run.models.all()
        ]

    def _file_url(self, name: str) -> str:
        return reverse("api:artifact-file", args=[self.digest, name])


def in_state(runs: QuerySet[TrainingRun], state: str) -> QuerySet[TrainingRun]:
    """Those that are `under_way`, `finished`, `failed` or `cancelled`."""
    is_made = Exists(Artifact.objects.filter(digest=OuterRef("digest")))
    if state == Job.State.FINISHED:
        return runs.filter(is_made)
    newest = Job.objects.filter(digest=OuterRef("digest")).order_by("-created_at").values("state")
    states = Job.OPEN if state == UNDER_WAY else (state,)
    return runs.alias(job_state=Subquery(newest[:1])).filter(~is_made, job_state__in=states)


def runs_shown(digests: Sequence[str]) -> list[RunShown]:
    """The runs of these digests with their jobs and artifacts, the newest first; as many queries for many as for one."""
    # In this order: whoever ends a run writes all three at once, and one that is seen as made is seen with its networks.
    jobs = {job.digest: job for job in Job.objects.filter(digest__in=digests).order_by("created_at")}
    artifacts = Artifact.objects.in_bulk(digests)
    listed = TrainingRun.objects.filter(digest__in=digests).order_by(*NEWEST_FIRST)
    listed = listed.select_related("started_by").prefetch_related("claims", "models")
    return [_shown(run, jobs=jobs, artifacts=artifacts) for run in listed]


def run_shown(digest: str) -> RunShown | None:
    """A run by the digest of its recipe, or None if nobody started it."""
    return next(iter(runs_shown([digest])), None) if "\0" not in digest else None


def _shown(run: TrainingRun, *, jobs: Mapping[str, Job], artifacts: Mapping[str, Artifact]) -> RunShown:
    return RunShown(digest=run.digest, run=run, job=jobs.get(run.digest), artifact=artifacts.get(run.digest))


def _drawn(row: RegisteredModel, run: TrainingRun) -> list[str]:
    """Some of a network's units, by the seed of its run."""
    layers = card(row.model).layers
    available = sum(layers[layer].channels for layer in eligible_layers(row.model)) if row.takes_images else 0
    return draw_units(row.model, count=min(DRAWN, available), seed=run.seed) if available else []
