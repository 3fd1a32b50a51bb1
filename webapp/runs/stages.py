"""The trainings that a run consists of, as its page shows them: configuration and curves, of a running one as far as it is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from experiments.contract.fields import as_typed, canonical_json
from experiments.contract.journals import JOURNAL, journal_lines
from experiments.contract.recipes import Training
from webapp.runs.curves import Curve, curves_of
from webapp.runs.selectors import RunShown
from webapp.stimuli.models import Artifact
from webapp.stimuli.selectors import artifact_file, artifacts_find, store

SHOWN_WHILE_OPEN = 2
"""Stages that are done already and yet stand beside those that are being made."""


@dataclass(frozen=True, kw_only=True)
class StageShown:
    """A training."""

    digest: str
    number: int
    """In the run, from 1."""
    artifact: Artifact | None
    """None while it is being made."""
    told_apart: Mapping[str, Any]
    """What its configuration has otherwise than those of the run's other stages."""
    curves: Sequence[Curve]

    @property
    def title(self) -> str:
        """What it is, in a line."""
        about = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in self.told_apart.items())
        return f"Stage {self.number}: {about}" if about else f"Stage {self.number}"

    @property
    def configuration(self) -> list[str]:
        """All that decided it, name and value; empty while it is being made."""
        fields = self.artifact.manifest["recipe"]["configuration"] if self.artifact else {}
        return [f"{name} {as_typed(value)}" for name, value in fields.items()]

    @property
    def seeds(self) -> Sequence[int]:
        """Of its networks, a line of a curve each; empty while it is being made."""
        return self.artifact.manifest["recipe"]["seeds"] if self.artifact else ()


def stages_of(shown: RunShown) -> list[StageShown]:
    """The trainings of a run: all if it is made; else those that are being made or were when it stopped, and the latest made."""
    found = artifacts_find(_digests(shown))
    # A run builds on other things as well.
    trainings = {digest: artifact for digest, artifact in found.items() if artifact is None or artifact.kind == Training.kind}
    apart = _told_apart({digest: artifact for digest, artifact in trainings.items() if artifact})
    stages = [
        StageShown(
            digest=digest, number=number, artifact=artifact, told_apart=apart.get(digest, {}), curves=_curves(digest, artifact)
        )
        for number, (digest, artifact) in enumerate(trainings.items(), start=1)
        if shown.artifact or digest in _on_their_way(trainings)
    ]
    return [stage for stage in stages if stage.artifact or stage.curves]


def _digests(shown: RunShown) -> Sequence[str]:
    if shown.artifact:
        parents: Sequence[str] = shown.artifact.manifest["parents"]
        return parents
    return shown.progress.stages if shown.is_open else shown.run.stages


def _on_their_way(trainings: Mapping[str, Artifact | None]) -> list[str]:
    """Those that are not made, and the latest of those that are: a page that is looked at every second stays small."""
    made = [digest for digest, artifact in trainings.items() if artifact]
    return [digest for digest in trainings if digest not in made[:-SHOWN_WHILE_OPEN]]


def _told_apart(made: Mapping[str, Artifact]) -> dict[str, dict[str, Any]]:
    """Of each training, the plain fields of its configuration that another has otherwise."""
    configurations = {digest: artifact.manifest["recipe"]["configuration"] for digest, artifact in made.items()}
    values: dict[str, set[str]] = {}
    for configuration in configurations.values():
        for name, value in configuration.items():
            values.setdefault(name, set()).add(canonical_json(value))
    return {
        digest: {
            name: value for name, value in configuration.items() if len(values[name]) > 1 and isinstance(value, str | int | float)
        }
        for digest, configuration in configurations.items()
    }


def _curves(digest: str, artifact: Artifact | None) -> list[Curve]:
    if artifact is None:
        return curves_of(store().read_journal(digest))
    journal = artifact_file(artifact, JOURNAL)
    return curves_of(journal_lines(journal[1])) if journal else []
