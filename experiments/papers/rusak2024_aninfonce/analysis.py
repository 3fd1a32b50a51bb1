"""What the stages of a run say: measurements from their artifacts, which `claims.py` checks and the figures show."""

import json
from collections.abc import Mapping, Sequence
from statistics import fmean, stdev
from typing import Any

from experiments.contract.artifacts import ArtifactStore, Manifest
from experiments.contract.journals import JOURNAL
from experiments.papers.rusak2024_aninfonce.networks import Stage

Metrics = dict[str, Any]
SCORES = ("r2", "mcc", "r2_in_sample", "mcc_in_sample", "content_r2", "style_r2", "block_r2")
READINGS = ("features", "codes", "feature_differences", "code_differences")


def latent_metrics(stage: Stage, made: Manifest) -> Metrics:
    """By score its values by seed, with the precisions that were learned beside the true ones, both in falling order."""
    values = made.values
    found: Metrics = {name: values[name] for name in SCORES if name in values}
    found["identity_r2"], found["identity_mcc"] = values["identity"]["r2"], values["identity"]["mcc"]
    if stage.kind == "extension":
        truths = _true_precisions(stage)
        # By law, then by seed.
        found["laws"] = [_recovery(truth, learned) for truth, learned in zip(truths, values["precisions"], strict=True)]
    elif "precisions" in values:
        found.update(_recovery(stage.fields["spectrum"], values["precisions"]))
    found["minutes"] = round(made.provenance["seconds"] / 60, 1)
    return found


def image_metrics(manifests: Sequence[Manifest]) -> Metrics:
    """Of one loss, over its seeds: what the probes read from each representation, with the shares of each held-out source."""
    values = [made.values for made in manifests]
    found: Metrics = {
        reading: {
            **{name: [one[reading][name] for one in values] for name in ("mean_accuracy", "mean_r2")},
            **{name: _means([one[reading][name] for one in values]) for name in ("accuracy", "r2", "accuracy_by_source")},
            **_class_metrics([one[reading] for one in values]),
        }
        for reading in READINGS
    }
    found["classes"] = values[0]["classes"]
    found["precisions"] = [sorted(one["precisions"], reverse=True) for one in values]
    found["held_out_loss"] = [one["held_out_loss"] for one in values]
    found["minutes"] = round(sum(made.provenance["seconds"] for made in manifests) / 60, 1)
    return found


def curves_of(made: Manifest, *, store: ArtifactStore) -> list[Mapping[str, Any]]:
    """The evaluations of a training: step, and the scores by seed."""
    content = store.read_blob(made.file(JOURNAL).sha256).decode()
    return [json.loads(line) for line in content.splitlines()]


def mean_and_deviation(values: Sequence[float]) -> tuple[float, float | None]:
    """Over seeds; of one seed there is no deviation."""
    return fmean(values), stdev(values) if len(values) > 1 else None


def _recovery(truth: Sequence[float], learned: Sequence[Sequence[float]]) -> Metrics:
    """Both in falling order, since the order of the codes is free, and by seed the largest error relative to the truth."""
    true = sorted(truth, reverse=True)
    ordered = [sorted(one, reverse=True) for one in learned]
    errors = [max(abs(got - want) / want for got, want in zip(one, true, strict=True)) for one in ordered]
    return {"true_precisions": true, "precisions": ordered, "precision_error": errors}


def _true_precisions(stage: Stage) -> list[list[float]]:
    """Of each law; with hard negatives what is left of the positives' precisions."""
    negatives = stage.fields.get("negatives")
    if negatives is None:
        return list(stage.fields["spectra"])
    (positives,) = stage.fields["spectra"]
    return [[positive - negative for positive, negative in zip(positives, negatives, strict=True)]]


def _class_metrics(values: Sequence[Mapping[str, Any]]) -> Metrics:
    if "classes" not in values[0]:
        return {}
    return {
        "class_accuracy": [one["classes"]["accuracy"] for one in values],
        "class_chance": values[0]["classes"]["chance"],
        "class_by_source": _means([one["classes"]["by_source"] for one in values]),
    }


def _means(tables: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Of each entry over seeds."""
    return {name: fmean([table[name] for table in tables]) for name in tables[0]}
