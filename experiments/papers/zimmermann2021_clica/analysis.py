"""From trainings to the metrics of a run: means and standard deviations over seeds, beside baselines and reported figures."""

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from experiments.contract.artifacts import ArtifactStore, Manifest
from experiments.contract.journals import JOURNAL, journal_lines
from experiments.methods.identification.configuration import Configuration
from experiments.methods.image_identification.configuration import ImageConfiguration
from experiments.papers.zimmermann2021_clica.tables.image_rows import ImageRow
from experiments.papers.zimmermann2021_clica.tables.rows import Row

Metrics = dict[str, Any]
SCORES = ("r2", "mcc")
LEGACY = ("r2_in_sample", "mcc_in_sample")


def summary(values: Sequence[float]) -> Metrics:
    """Mean and standard deviation over seeds (None where there is one seed), and the values."""
    deviation = statistics.stdev(values) if len(values) > 1 else None
    return {"mean": statistics.fmean(values), "sd": deviation, "values": list(values)}


def row_metrics(
    row: Row, configuration: Configuration, *, trained: Manifest, supervised: Manifest, store: ArtifactStore
) -> Metrics:
    """What a row's encoders reach, and the two baselines, by score."""
    return {
        "kind": "row",
        "claimed": row.claimed,
        "assumptions_met": row.assumptions_met,
        "latents": configuration.latents,
        "steps": configuration.steps,
        "seeds": list(trained.recipe["seeds"]),
        "seconds": trained.provenance["seconds"],
        "unsupervised": {name: summary(trained.values[name]) for name in (*SCORES, *LEGACY)},
        "supervised": {name: summary(supervised.values[name]) for name in SCORES},
        "identity": {name: summary(trained.values["identity"][name]) for name in SCORES},
        "reported": {name: list(getattr(row.reported, name)) for name in ("unsupervised", "supervised", "identity")},
        "curve": curve([trained], store=store),
    }


def image_metrics(
    row: ImageRow,
    configuration: ImageConfiguration,
    *,
    trained: Sequence[Manifest],
    supervised: Sequence[Manifest],
    store: ArtifactStore,
) -> Metrics:
    """The same of a row on images, whose networks are trainings of their own; pixels taken for codes have no MCC."""
    return {
        "kind": "images",
        "claimed": "mcc",
        "data": row.data,
        "side": configuration.side,
        "steps": configuration.steps,
        "seeds": [seed for made in trained for seed in made.recipe["seeds"]],
        "seconds": sum(made.provenance["seconds"] for made in trained),
        "unsupervised": _summaries(trained),
        "supervised": _summaries(supervised) if supervised else None,
        "identity": summary([trained[0].values["pixels_r2"]]),
        "reported": {"r2": list(row.r2) if row.r2 else None, "mcc": list(row.mcc)},
        "curve": curve(trained, store=store),
    }


def _summaries(trained: Sequence[Manifest]) -> Metrics:
    return {name: summary([made.values[name] for made in trained]) for name in SCORES}


def curve(trained: Sequence[Manifest], *, store: ArtifactStore) -> Metrics:
    """Steps and, for each score, the means over seeds at these steps."""
    journals = [journal_lines(store.read_blob(made.file(JOURNAL).sha256)) for made in trained]
    means: Metrics = {"step": [line["step"] for line in journals[0]]}
    for name in SCORES:
        by_journal = [[_mean(line[name]) for line in journal] for journal in journals]
        means[name] = [statistics.fmean(values) for values in zip(*by_journal, strict=True)]
    return means


def _mean(value: float | Sequence[float]) -> float:
    return statistics.fmean(value) if isinstance(value, Sequence) else value


def shown(found: Mapping[str, Any]) -> str:
    """A summary as people write it."""
    deviation = "" if found["sd"] is None else f" ± {found['sd']:.4f}"
    return f"{found['mean']:.4f}{deviation}"
