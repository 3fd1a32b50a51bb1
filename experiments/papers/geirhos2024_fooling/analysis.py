"""What the stages of a run say: flat measurements from their artifacts, which `claims.py` checks and the report shows."""

from collections.abc import Mapping, Sequence
from typing import Any

from experiments.contract.artifacts import Manifest
from experiments.methods.statistics.intervals import bca_interval
from experiments.methods.theory.table import theory_table

Metrics = dict[str, Any]
Condition = str


def theory_metrics(*, seed: int) -> Metrics:
    """The table of the theory, and how many classes of functions twins refute in every notion."""
    table = theory_table(seed=seed)
    refuted = [row for row in table if not row["determined"] and min(row["value"], row["nearer"], row["larger"]) > 0]
    return {
        "classes": len(table),
        "refuted": len(refuted),
        "determined": [row["functions"] for row in table if row["determined"]],
        "largest_decoding_error": max(row["value"] for row in table if row["determined"]),
        "table": table,
    }


def path_metrics(made: Manifest) -> Metrics:
    """Normalized rank correlation in the first two thirds of the layers and in the last, and the strength of visualizations."""
    layers = made.values["layers"]["spearman"]
    normalized = {name: summary["normalized"] for name, summary in layers.items()}
    early = [value for value in list(normalized.values())[: 2 * len(normalized) // 3] if value is not None]
    last = list(layers.values())[-1]
    controls = (list(made.values[f"control_{name}_class"].values())[-1] for name in ("same", "other"))
    return {
        "path_classes": len(made.values["images"]),
        "path_layers": len(layers),
        "path_early_highest": max(early, default=None),
        "path_last": last["normalized"],
        "path_last_interval": [last["low"], last["high"]],
        "path_by_layer": normalized,
        "path_last_by_measure": {name: list(found.values())[-1]["normalized"] for name, found in made.values["layers"].items()},
        "path_controls_last": dict(zip(("same_class", "other_class"), controls, strict=True)),
        "stronger_than_natural": made.values["beats_natural"],
        "strength": [[row["visualization"], row["natural"]] for row in made.values["strength"]],
    }


def detector_metrics(made: Manifest) -> Metrics:
    """How often a detector is right about images and optimizations that it was not trained on; both kinds weigh the same."""
    alarms, missed = made.values["false_alarms"]["plain"], made.values["missed"]["all"]
    return {
        "detector_accuracy": 1 - (alarms + missed) / 2,
        "detector_false_alarms": made.values["false_alarms"],
        "detector_missed": made.values["missed"],
    }


def circuit_metrics(name: str, made: Manifest) -> Metrics:
    """The report of a circuit's verification under its name, without that of its detector, which stands beside it."""
    return {f"{name}_{key}": value for key, value in made.values.items() if key != "detector"}


def study_metrics(original: Mapping[Condition, Manifest], fooled: Mapping[Condition, Manifest], *, seed: int) -> Metrics:
    """A machine's accuracy by condition for both networks, and how far it falls, with bootstraps over units."""
    metrics: Metrics = {}
    for condition, before in original.items():
        shares = {"original": _shares(before), "fooled": _shares(fooled[condition])}
        for network, by_unit in shares.items():
            metrics[f"study_{condition}_{network}"] = _with_interval(by_unit, seed=seed)
        drops = [was - became for was, became in zip(shares["original"], shares["fooled"], strict=True)]
        metrics[f"study_{condition}_drop"] = _with_interval(drops, seed=seed)
    metrics["study_units"] = len(drops)
    metrics["study_trials"] = before.values["trials"]
    return metrics


def _shares(answers: Manifest) -> list[float]:
    """Share of right answers of each unit, in an order that both networks have."""
    by_name = {unit.partition("/")[2]: share for unit, share in answers.values["by_unit"].items()}
    return [by_name[name] for name in sorted(by_name)]


def _with_interval(values: Sequence[float], *, seed: int) -> list[float]:
    """The mean and the ends of its interval; where all units are alike, the mean three times."""
    mean = sum(values) / len(values)
    interval = bca_interval(values, seed=seed)
    return [mean, mean if interval.low is None else interval.low, mean if interval.high is None else interval.high]
