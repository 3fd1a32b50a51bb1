"""What the stages of a run say: numbers by measurement and seed, intervals of differences. Called by `train` and `claims`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

import numpy as np
from jaxtyping import Float, Shaped

from experiments.contract.artifacts import Manifest
from experiments.datasets.corruptions.kinds import KINDS
from experiments.methods.statistics.intervals import Interval, bca_interval, wilson_interval
from experiments.papers.zimmermann2021_sbgc.networks import FORMS

Metrics = dict[str, dict[str, Any]]
Arrays = Mapping[str, np.ndarray[Any, Any]]
SEED = 0
"""Of the bootstrap."""
RESAMPLES = 2000
NOISE, DISCRIMINATIVE, ODE = "noise_16", "discriminative", "ode_quick"


@dataclass(frozen=True, kw_only=True)
class Found:
    """A measurement: what its stages gave, one for each seed."""

    values: Sequence[Mapping[str, Any]]
    arrays: Sequence[Arrays]


def metrics_of(found: Mapping[str, Found], *, trained: Sequence[Manifest], measured: Sequence[Manifest]) -> Metrics:
    """By measurement its numbers, by seed where there are several; then comparisons, and what all took."""
    metrics: Metrics = {name: _numbers(one) for name, one in found.items()}
    metrics["accuracy_difference"] = difference(_by_seeds(found, "clean_ode"), _by_seeds(found, f"clean_{DISCRIMINATIVE}"))
    metrics["corruption_difference"] = corruption_differences(found)
    metrics["attack_difference"] = attack_differences(found)
    metrics["cost"] = {
        "training_minutes": _minutes(trained),
        "measuring_minutes": _minutes(measured),
        "noise_speed": speed(found, "ode_adaptive", NOISE),
        "noise_speed_fixed": speed(found, "ode", NOISE),
    }
    return metrics


def interval_of(right: Shaped[np.ndarray, "*any"]) -> Interval:
    """95 % Wilson interval of a share of independent images."""
    return wilson_interval(int(np.sum(right)), trials=int(np.size(right)))


def difference(ours: Float[np.ndarray, " image"], theirs: Float[np.ndarray, " image"]) -> dict[str, Any]:
    """Mean of paired differences by image, with its 95 % bootstrap interval.

    Where all differences are equal, which is no proof that all others would be, it reaches to either side as far as the Wilson
    interval of a share of which so many images showed none.
    """
    paired = np.asarray(ours, float) - np.asarray(theirs, float)
    low, high, _ = bca_interval(paired.tolist(), seed=SEED, resamples=RESAMPLES)
    mean, unseen = float(paired.mean()), float(interval_of(np.zeros(len(paired))).high or 0.0)
    return {
        "mean": mean,
        "low": max(-1.0, mean - unseen) if low is None else low,
        "high": min(1.0, mean + unseen) if high is None else high,
        "images": len(paired),
    }


def corruption_differences(found: Mapping[str, Found]) -> dict[str, Any]:
    """Accuracy under corruption minus that of the discriminative network, on the same corrupted images; and relative to clean.

    An image's value is its share of right answers over kinds, severities and seeds: images are what is independent.
    """
    theirs = found[f"corrupted_{DISCRIMINATIVE}"]
    differences: dict[str, Any] = {}
    for form in ("flow_quick", NOISE):
        ours = found[f"corrupted_{form}"]
        differences[form] = difference(_by_image(ours), _by_image(theirs))
        drop = difference(_by_image(ours) - _clean_by_image(ours), _by_image(theirs) - _clean_by_image(theirs))
        differences[f"{form}_relative"] = drop
    ours = found[f"corrupted_{ODE}"]
    # The solver is slow: the network is compared on the images and severities that it had, of the same seed.
    count, severities = ours.arrays[0]["right"].shape[2], ours.arrays[0]["severities"]
    chosen = theirs.arrays[0]["right"][:, np.isin(theirs.arrays[0]["severities"], severities), :count]
    differences[ODE] = difference(_by_image(ours), chosen.mean(axis=(0, 1)))
    return differences


def attack_differences(found: Mapping[str, Found]) -> dict[str, Any]:
    """Robust accuracy minus that of the discriminative network by norm and eps, on the same images."""
    theirs = found[f"attack_{DISCRIMINATIVE}"]
    differences: dict[str, Any] = {}
    for form in (NOISE, "flow_quick", ODE):
        ours = found[f"attack_{form}"]
        differences[form] = {}
        for norm in ("linf", "l2"):
            reference = dict(zip(theirs.values[0][norm], _survivors(theirs, norm), strict=True))
            own = dict(zip(ours.values[0][norm], _survivors(ours, norm), strict=True))
            differences[form][norm] = {eps: difference(own[eps], reference[eps][: len(own[eps])]) for eps in own}
    return differences


def _survivors(found: Found, norm: str) -> Float[np.ndarray, "eps image"]:
    """Share of seeds for which an image is still right within each eps."""
    return np.asarray(np.mean([arrays[norm] for arrays in found.arrays], axis=0))


def _by_seeds(found: Mapping[str, Found], name: str) -> Float[np.ndarray, " image"]:
    return np.asarray(np.mean([arrays["right"] for arrays in found[name].arrays], axis=0))


def _by_image(found: Found) -> Float[np.ndarray, " image"]:
    return np.asarray(np.mean([arrays["right"] for arrays in found.arrays], axis=(0, 1, 2)))


def _clean_by_image(found: Found) -> Float[np.ndarray, " image"]:
    return np.asarray(np.mean([arrays["clean"] for arrays in found.arrays], axis=0))


def _numbers(found: Found) -> dict[str, Any]:
    """Lists by seed of what is one number, the first seed's of anything else; accuracies with the interval over images."""
    numbers: dict[str, Any] = {}
    for name, value in found.values[0].items():
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        numbers[name] = [one[name] for one in found.values] if is_number else value
    rights = [arrays["right"] for arrays in found.arrays if "right" in arrays]
    if rights:
        # Seeds see the same images: the interval is one over images, of the first seed.
        numbers["interval"] = list(interval_of(rights[0])[:2])
    if rights and rights[0].ndim == 3:
        by_kind = np.mean([right.mean(axis=(1, 2)) for right in rights], axis=0)
        numbers["by_kind"] = dict(zip(KINDS, by_kind.tolist(), strict=True))
        numbers["interval"] = list(bca_interval(_by_image(found).tolist(), seed=SEED, resamples=RESAMPLES)[:2])
    return numbers


def speed(found: Mapping[str, Found], slow: str, quick: str) -> float:
    """Seconds an image and draw of one classifier over those of another."""
    slow_seconds, quick_seconds = (
        fmean(one["seconds"] for one in found[f"clean_{form}"].values) / FORMS[form].get("draws", 1) for form in (slow, quick)
    )
    return float(slow_seconds / quick_seconds)


def _minutes(made: Sequence[Manifest]) -> float:
    return round(float(sum(one.provenance["seconds"] for one in made)) / 60, 1)
