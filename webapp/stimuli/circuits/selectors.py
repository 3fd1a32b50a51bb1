"""Reads of circuits: what was ordered, how far it is, what its verification says. Called by REST, pages and the command."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

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


def circuits_shown() -> list[CircuitShown]:
    """All circuits, the one ordered last first."""
    jobs = {job.digest: job for job in Job.objects.filter(kind=Circuit.kind).order_by("created_at")}
    artifacts = {artifact.digest: artifact for artifact in Artifact.objects.filter(kind=Circuit.kind)}
    times = {digest: artifact.stored_at for digest, artifact in artifacts.items()}
    times |= {digest: job.created_at for digest, job in jobs.items()}
    return [
        _shown(digest, job=jobs.get(digest), artifact=artifacts.get(digest))
        for digest in sorted(times, key=lambda digest: times[digest], reverse=True)
    ]


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
