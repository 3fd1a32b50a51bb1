"""What the trainings say: precision and recall by slots in training and after, and paired comparisons of numbers of slots.

Intervals of cells are bootstrapped over the held-out images, the same for all networks, with the spread over seeds beside them;
those of differences are bootstrapped over seeds and images together.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from jaxtyping import Float

Arrays = Mapping[str, np.ndarray[Any, Any]]
Cells = Mapping[int, Sequence[Arrays]]
"""By number of slots in training the scores of each seed's network, as `stage` keeps them."""
Metrics = dict[str, Any]
MEASURES = (
    *("precision", "recall", "ari", "all_precision", "all_recall", "all_ari"),
    *("best_overlap", "iou", "active", "error"),
)
COMPARED = ("precision", "recall", "ari", "all_precision", "all_recall", "all_ari")
RESAMPLES = 2000
LEVEL = 95
Values = Float[np.ndarray, "seed image"]


def variant_metrics(cells: Cells, *, title: str, objects: int, seed: int, base: Cells | None = None) -> Metrics:
    """Every cell of slots in training by slots after, and the comparisons that claims are about.

    The right number of slots is that of the objects and the background. `base` are networks that were measured on the same images
    and that these are to lose less than.
    """
    trained, tested = sorted(cells), tested_slots(cells)
    right = objects + 1
    found: Metrics = {
        "title": title,
        "seeds": min(len(some) for some in cells.values()),
        "images": int(next(iter(cells.values()))[0][f"ari@{tested[0]}"].shape[0]),
        "objects": objects,
        "trained": trained,
        "tested": tested,
        "cells": {str(k): {str(j): cell(cells, k, j, seed=seed) for j in tested} for k in trained},
        "harmonic_gap": harmonic_gap(cells),
    }
    if right in trained and set(trained) <= set(tested):
        found["comparisons"] = comparisons(cells, right=right, seed=seed)
        if base is not None:
            found["comparisons"]["reduced"] = reduction(cells, base, right=right, seed=seed)
    return found


def tested_slots(cells: Cells) -> list[int]:
    """The numbers of slots with which the networks were measured."""
    arrays = next(iter(cells.values()))[0]
    return sorted(int(name.removeprefix("ari@")) for name in arrays if name.startswith("ari@"))


def cell(cells: Cells, trained: int, tested: int, *, seed: int) -> Metrics:
    """The mean of each measure, its spread over seeds, and for those that are compared its interval over images."""
    found: Metrics = {}
    for measure in MEASURES:
        values = values_of(cells, trained, tested, measure=measure)
        by_seed = np.nanmean(values, axis=1)
        spread = float(by_seed.std(ddof=1)) if len(by_seed) > 1 else None
        found[measure] = {"mean": float(by_seed.mean()), "spread": spread}
        if measure in COMPARED:
            found[measure]["interval"] = interval(values.mean(axis=0), seed=seed)
    return found


def values_of(cells: Cells, trained: int, tested: int, *, measure: str) -> Values:
    """A measure by seed and image."""
    return np.stack([arrays[f"{measure}@{tested}"].astype(np.float64) for arrays in cells[trained]])


def comparisons(cells: Cells, *, right: int, seed: int) -> Metrics:
    """Differences between numbers of slots, paired by image, each with its interval and its value for every seed.

    `recall_too_many` and `precision_too_few` are those of the largest and the smallest number, in training and after, to the
    right one. `lost` is the mean index that both lose. `training_over_test` is the mean index lost where the number is wrong in
    training alone, less that where it is wrong after training alone.
    """
    few, many = min(cells), max(cells)
    found: Metrics = {}
    for prefix in ("", "all_"):
        at = {(k, j): values_of(cells, k, j, measure=f"{prefix}ari") for k in cells for j in {*cells, right}}
        recall = [values_of(cells, k, k, measure=f"{prefix}recall") for k in (many, right)]
        precision = [values_of(cells, k, k, measure=f"{prefix}precision") for k in (few, right)]
        wrong = [k for k in (few, many) if k != right]
        in_training = [at[right, right] - at[k, right] for k in wrong]
        after = [at[right, right] - at[right, k] for k in wrong]
        found |= {
            f"{prefix}recall_too_many": difference(recall[0] - recall[1], seed=seed),
            f"{prefix}precision_too_few": difference(precision[0] - precision[1], seed=seed),
            f"{prefix}lost": difference(lost(cells, right=right, prefix=prefix), seed=seed),
            f"{prefix}lost_in_training": difference(np.mean(in_training, axis=0), seed=seed),
            f"{prefix}lost_after": difference(np.mean(after, axis=0), seed=seed),
            f"{prefix}training_over_test": difference(np.mean(in_training, axis=0) - np.mean(after, axis=0), seed=seed),
        }
    return found


def lost(cells: Cells, *, right: int, prefix: str = "") -> Values:
    """The index that the smallest and the largest number of slots, in training and after, lose to the right one on average."""
    at = {k: values_of(cells, k, k, measure=f"{prefix}ari") for k in (min(cells), max(cells), right)}
    differences: Values = np.mean([at[right] - values for k, values in at.items() if k != right], axis=0)
    return differences


def reduction(cells: Cells, base: Cells, *, right: int, seed: int) -> Metrics:
    """How much less is lost than by the networks of the base with the same seeds, paired by image."""
    ours, theirs = (lost(some, right=right) for some in (cells, base))
    seeds = min(len(ours), len(theirs))
    return difference(theirs[:seeds] - ours[:seeds], seed=seed)


def difference(values: Values, *, seed: int) -> Metrics:
    """The mean of a paired difference, its interval over seeds and images, and its mean for each seed."""
    return {
        "mean": float(np.nanmean(values)),
        "interval": interval_of_both(values, seed=seed),
        "by_seed": [float(mean) for mean in np.nanmean(values, axis=1)],
    }


def interval(by_image: Float[np.ndarray, " image"], *, seed: int) -> list[float]:
    """The 95 % percentile bootstrap interval of the mean over images; those without a value are left out."""
    known = by_image[~np.isnan(by_image)]
    drawn = np.random.default_rng(seed).integers(len(known), size=(RESAMPLES, len(known)))
    tail = (100 - LEVEL) / 2
    low, high = np.percentile(known[drawn].mean(axis=1), [tail, 100 - tail])
    return [float(low), float(high)]


def interval_of_both(values: Values, *, seed: int) -> list[float]:
    """The same where seeds are drawn anew as well: what other networks on other images might show. Of one seed over images."""
    known = values[:, ~np.isnan(values).any(axis=0)]
    networks, images = known.shape
    generator = np.random.default_rng(seed)
    chosen = generator.integers(images, size=(RESAMPLES, images))
    members = generator.integers(networks, size=(RESAMPLES, networks))
    shares = np.stack([(members == member).mean(axis=1) for member in range(networks)], axis=1)
    # By resample and seed the mean over the chosen images.
    means = np.stack([row[chosen].mean(axis=1) for row in known], axis=1)
    tail = (100 - LEVEL) / 2
    low, high = np.percentile((shares * means).sum(axis=1), [tail, 100 - tail])
    return [float(low), float(high)]


def harmonic_gap(cells: Cells) -> float:
    """The largest distance of an image's index from the harmonic mean of its precision and recall, where both are positive."""
    largest = 0.0
    for some in cells.values():
        for arrays in some:
            for tested in tested_slots(cells):
                precision, recall, ari = (arrays[f"{name}@{tested}"] for name in ("precision", "recall", "ari"))
                fit = (precision > 0) & (recall > 0)
                mean = 2 * precision[fit] * recall[fit] / (precision[fit] + recall[fit])
                largest = max(largest, float(np.abs(mean - ari[fit]).max(initial=0)))
    return largest
