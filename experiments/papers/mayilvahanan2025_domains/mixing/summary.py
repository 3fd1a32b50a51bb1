"""Puts the artifacts of a mixing study's trainings together, by network and size. Called by the run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from experiments.papers.mayilvahanan2025_domains.mixing.configuration import Model
from experiments.papers.mayilvahanan2025_domains.mixing.images import MEASURED
from experiments.papers.mayilvahanan2025_domains.mixing.measures import (
    Accuracies,
    Metrics,
    effective_robustness,
    mixing_metrics,
)

FEWEST = 3
"""References that a line is fitted to."""

Values = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Cell:
    """A training's place in the study."""

    model: Model
    size: int
    seed: int
    share: float | None
    """Of renditions; None for a random set."""


def summarized(found: Sequence[tuple[Cell, Values]], *, seed: int) -> dict[str, Metrics]:
    """By network and size, as `contrastive_1024`, what `measures` say, with the numbers of test images."""
    metrics = {}
    for model, size in dict.fromkeys((cell.model, cell.size) for cell, _ in found if cell.share is not None):
        own = [(cell, values) for cell, values in found if (cell.model, cell.size) == (model, size)]
        references = [(cell, values) for cell, values in found if cell.model == model and cell.share is None]
        metrics[f"{model}_{size}"] = _of_size(own, references=references, seed=seed)
    return metrics


def _of_size(found: Sequence[tuple[Cell, Values]], *, references: Sequence[tuple[Cell, Values]], seed: int) -> Metrics:
    shares = sorted({cell.share for cell, _ in found if cell.share is not None})
    natural, rendition = (_accuracies(found, shares, domain=domain) for domain in MEASURED)
    random: dict[str, Accuracies] = {domain: _accuracies(found, [None], domain=domain) for domain in MEASURED}
    first = found[0][1]
    metrics = mixing_metrics(natural, rendition, shares=shares, reference=random, seed=seed)
    if len(references) >= FEWEST:
        lines: dict[str, Accuracies] = {domain: _of_references(references, domain=domain) for domain in MEASURED}
        metrics["effective_robustness"] = effective_robustness(natural, rendition, references=lines, seed=seed)
    return {
        **metrics,
        "by_style": {str(share): _by_style(found, share) for share in shares},
        "test_images": {domain: {name: first[domain][name] for name in ("images", "removed")} for domain in MEASURED},
        "objects": natural.shape[2],
        "seeds": natural.shape[1],
    }


def _accuracies(found: Sequence[tuple[Cell, Values]], shares: Sequence[float | None], *, domain: str) -> Accuracies:
    rows = [
        [values[domain]["by_object"] for cell, values in sorted(found, key=lambda one: one[0].seed) if cell.share == share]
        for share in shares
    ]
    return np.array(rows, dtype=float)


def _of_references(found: Sequence[tuple[Cell, Values]], *, domain: str) -> Accuracies:
    sizes = sorted({cell.size for cell, _ in found})
    by_size = [_accuracies([one for one in found if one[0].size == size], [None], domain=domain) for size in sizes]
    return np.concatenate(by_size)


def _by_style(found: Sequence[tuple[Cell, Values]], share: float) -> dict[str, float]:
    """Mean over seeds of the accuracy on renditions of each style."""
    some = [values["rendition"]["by_style"] for cell, values in found if cell.share == share]
    return {style: float(np.mean([each[style] for each in some])) for style in some[0]}
