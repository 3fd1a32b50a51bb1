"""What the trainings of a run took: seeds, steps, seconds. Written beside its result by `run`, read by `readme`."""

from typing import Any

from experiments.contract.artifacts import ArtifactStore, Manifest
from experiments.contract.journals import JOURNAL, journal_lines

STAGES = "stages.json"


def stages_of(manifest: Manifest, *, store: ArtifactStore) -> list[dict[str, Any]]:
    """The trainings among the parents of a run.

    `seconds` is the time of the last start of a training, of which an interruption leaves only what came after it.
    """
    parents = [store.manifest(digest) for digest in dict.fromkeys(manifest.parents)]
    return [_stage(one, store=store) for one in parents if one is not None and one.recipe["kind"] == "training"]


def _stage(training: Manifest, *, store: ArtifactStore) -> dict[str, Any]:
    lines = journal_lines(store.read_blob(training.file(JOURNAL).sha256))
    return {
        "digest": training.digest,
        "seeds": list(training.recipe["seeds"]),
        "steps": lines[-1]["step"] if lines else 0,
        "seconds": training.provenance["seconds"],
    }
