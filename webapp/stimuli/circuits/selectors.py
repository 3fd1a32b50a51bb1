"""Reads of circuits: what was ordered, how far it is, what its verification says. Called by REST, pages and the command."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import F, Max, QuerySet

from experiments.contract.local_models import CARD, model_id
from experiments.contract.recipes import Circuit
from webapp.stimuli.models import Artifact, Job
from webapp.stimuli.ordered import Ordered
from webapp.stimuli.selectors import artifact_find, is_digest


@dataclass(frozen=True, kw_only=True)
class CircuitShown(Ordered):
    """An ordered circuit."""

    recipe: Mapping[str, Any]

    @property
    def published(self) -> bool | None:
        """Whether the verification let the model into the zoo; None before there is a result."""
        return bool(self.artifact.manifest["values"].get("published")) if self.artifact else None

    @property
    def reasons(self) -> list[str]:
        """Why it was not published."""
        return list(self.artifact.manifest["values"].get("reasons", ())) if self.artifact else []

    @property
    def checks(self) -> list[Mapping[str, Any]]:
        """What was held against which limit, each with `what`, `value`, `limit`, `passed`; older circuits have none."""
        return list(self.artifact.manifest["values"].get("checks", ())) if self.artifact else []

    @property
    def evidence(self) -> str:
        """What the verification looked at, in numbers; empty before there is a result."""
        values = self.artifact.manifest["values"] if self.artifact else {}
        counts = values.get("visualizations", {}).get("measured"), values.get("natural", {}).get("images")
        words = ("visualization", "visualizations"), ("natural image", "natural images")
        told = [f"{count} {one if count == 1 else many}" for count, (one, many) in zip(counts, words, strict=True) if count]
        return " and ".join(told)

    @property
    def model(self) -> str:
        """Id of the model; empty if there is none."""
        names = {file["name"] for file in self.artifact.manifest["files"]} if self.artifact else set()
        return model_id(self.digest) if CARD in names else ""


def circuits_ordered() -> QuerySet[Any, Any]:
    """The digests of all circuits as `digest`, the one ordered last first; one without a job counts from when it came home."""
    jobs, artifacts = Job.objects.filter(kind=Circuit.kind), Artifact.objects.filter(kind=Circuit.kind)
    ordered = jobs.values("digest").annotate(at=Max("created_at"))
    made = artifacts.exclude(digest__in=jobs.values("digest")).values("digest").annotate(at=F("stored_at"))
    return ordered.union(made, all=True).order_by("-at", "digest")


def circuits_shown(digests: Sequence[str]) -> list[CircuitShown]:
    """The circuits of these digests, in their order; as many queries for many as for one."""
    found = Job.objects.filter(kind=Circuit.kind, digest__in=digests).order_by("created_at")
    jobs, artifacts = {job.digest: job for job in found}, Artifact.objects.in_bulk(digests)
    return [_shown(digest, job=jobs.get(digest), artifact=artifacts.get(digest)) for digest in digests]


def circuit_shown(digest: str) -> CircuitShown | None:
    """A circuit by the digest of its recipe, or None if nobody ordered it."""
    if not is_digest(digest):
        return None
    job = Job.objects.filter(kind=Circuit.kind, digest=digest).order_by("-created_at").first()
    artifact = artifact_find(digest)
    if artifact and artifact.kind != Circuit.kind:
        return None
    return _shown(digest, job=job, artifact=artifact) if job or artifact else None


def _shown(digest: str, *, job: Job | None, artifact: Artifact | None) -> CircuitShown:
    recipe = artifact.manifest["recipe"] if artifact else job.recipe if job else {}
    return CircuitShown(digest=digest, recipe=recipe, job=job, artifact=artifact)
