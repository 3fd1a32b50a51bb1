"""The card of a classifier: how its heads and labels do on images with known domains. Called by the classifier's stage."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from jaxtyping import Float
from sklearn.metrics import average_precision_score, confusion_matrix, precision_recall_curve

from experiments.datasets.domains import DOMAINS, Domain
from experiments.methods.domains.rule import HEADS, three_way
from experiments.methods.domains.thresholds import operating_point
from experiments.methods.label_analysis.kappas import image_weights, mean_kappa
from experiments.methods.statistics.agreement import cohen

POINTS = 100
"""Of a curve, at most."""


def average_precisions(scores: Float[np.ndarray, "image 2"], truth: Sequence[Domain]) -> dict[str, float]:
    """Of each head."""
    return {
        head: float(average_precision_score([label == head for label in truth], scores[:, column]))
        for column, head in enumerate(HEADS)
    }


def measured(
    scores: Float[np.ndarray, "image 2"], truth: Sequence[Domain], *, thresholds: Sequence[float], styles: Sequence[str]
) -> dict[str, Any]:
    """Curves, operating points, the confusion of the three labels, shares, kappa with the truth, and shares by style."""
    labels = three_way(scores, thresholds=thresholds)
    return {
        **agreement(truth, labels),
        "average_precision": average_precisions(scores, truth),
        "curves": {head: _curve(scores[:, column], truth, head=head) for column, head in enumerate(HEADS)},
        "points": {
            head: asdict(
                operating_point(scores[:, column], np.array([label == head for label in truth]), threshold=thresholds[column])
            )
            for column, head in enumerate(HEADS)
        },
        # Of the labels, where an image that both heads accept is ambiguous.
        "label_precision": {head: _precision(labels, truth, head=head) for head in HEADS},
        "confusion": confusion_matrix(truth, labels, labels=list(DOMAINS)).tolist(),
        "shares": {domain: labels.count(domain) / len(labels) for domain in DOMAINS},
        "by_style": {style: _shares(labels, styles, style=style) for style in sorted(set(styles))},
    }


def agreement(first: Sequence[Domain], second: Sequence[Domain]) -> dict[str, Any]:
    """Over how many images two label, which share they label alike, and Cohen's kappa with its 95 % interval over images."""
    if not first:
        return {"images": 0, "alike": None, "kappa": None, "low": None, "high": None}
    codes = [np.array([DOMAINS.index(label) for label in some]) for some in (first, second)]
    # A card is the same each time.
    weights = image_weights(len(first), seed=0)
    kappa = mean_kappa([cohen(*codes, weights=weights, labels=len(DOMAINS))], why_not="both always say the same")
    alike = float(np.mean(codes[0] == codes[1]))
    return {"images": len(first), "alike": alike, "kappa": kappa.value, "low": kappa.low, "high": kappa.high}


def _curve(scores: Float[np.ndarray, " image"], truth: Sequence[Domain], *, head: Domain) -> dict[str, list[float]]:
    precision, recall, _ = precision_recall_curve([label == head for label in truth], scores)
    chosen = np.unique(np.linspace(0, len(recall) - 1, POINTS).astype(int))
    return {"recall": recall[chosen].round(4).tolist(), "precision": precision[chosen].round(4).tolist()}


def _precision(labels: Sequence[Domain], truth: Sequence[Domain], *, head: Domain) -> float | None:
    right = [true == head for label, true in zip(labels, truth, strict=True) if label == head]
    return sum(right) / len(right) if right else None


def _shares(labels: Sequence[Domain], styles: Sequence[str], *, style: str) -> dict[str, float]:
    chosen = [label for label, own in zip(labels, styles, strict=True) if own == style]
    return {domain: chosen.count(domain) / len(chosen) for domain in DOMAINS}
