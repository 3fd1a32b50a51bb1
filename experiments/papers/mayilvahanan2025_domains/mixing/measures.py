"""What the trainings of a mixing study say together: curves, the best share, robustness. Called by the run.

Accuracies are arrays [share, seed, object]; intervals draw seeds and objects anew, as other networks on other objects might show.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from jaxtyping import Float
from scipy.special import expit, logit

from experiments.contract.fields import require

RESAMPLES = 4000
LEVEL = 0.95
EDGE = 0.005
"""Accuracies are kept so far from 0 and 1 where their logits are taken, and from 0 where others are divided by them."""

Accuracies = Float[np.ndarray, "share seed object"]
Metrics = dict[str, Any]


def mixing_metrics(
    natural: Accuracies, rendition: Accuracies, *, shares: Sequence[float], reference: Mapping[str, Accuracies], seed: int
) -> Metrics:
    """Curves and best shares of one network; `reference` holds the same of random sets of its size, [1, seed, object].

    NaN stands for an object without test images; draws of such objects alone tell nothing and are left out.

    Raises:
        InputError: A domain has no test images.
    """
    draws = _measured([natural, rendition, *reference.values()], seed=seed)
    curves = {"natural": _means(natural, draws), "rendition": _means(rendition, draws)}
    both = np.stack([curves["natural"], curves["rendition"]])
    combined = {"arithmetic": both.mean(axis=0), "harmonic": 2 * both.prod(axis=0) / np.maximum(both.sum(axis=0), EDGE)}
    random = {name: _means(values, draws) for name, values in reference.items()}
    relative = curves["rendition"] / np.maximum(random["rendition"], EDGE)
    relative_natural = curves["natural"] / np.maximum(random["natural"], EDGE)
    named = {**curves, **combined, "relative_rendition": relative, "relative_natural": relative_natural}
    return {
        "shares": list(shares),
        "curves": {name: _with_intervals(values) for name, values in {**named, "gap": both[0] - both[1]}.items()},
        "by_seed": {
            "natural": np.nanmean(natural, axis=2).tolist(),
            "rendition": np.nanmean(rendition, axis=2).tolist(),
        },
        "reference": {name: _with_intervals(values) for name, values in random.items()},
        "best": {name: _best(values, shares) for name, values in combined.items()},
        "contamination": _contamination(curves["rendition"], shares),
    }


def effective_robustness(
    natural: Accuracies, rendition: Accuracies, *, references: Mapping[str, Accuracies], seed: int
) -> Metrics:
    """By how much each accuracy on renditions exceeds what the references' line says of the one on natural images.

    The line is fitted to logits of accuracies (Taori et al. 2020, section 3); `references` holds by domain those of random sets,
    [size, seed, object], a point for each size and seed. In each draw of seeds and objects the line is fitted anew.

    Raises:
        InputError: A domain has no test images.
    """
    draws = _measured([natural, rendition, *references.values()], seed=seed)
    points = [np.stack([_points(references[name], draw) for draw in draws]) for name in ("natural", "rendition")]
    over, up = (_logits(some) for some in points)
    away = over - over.mean(axis=1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        slopes = (away * up).sum(axis=1) / (away**2).sum(axis=1)
    intercepts = up.mean(axis=1) - slopes * over.mean(axis=1)
    expected = expit(slopes[:, None] * _logits(_means(natural, draws)) + intercepts[:, None])
    residuals = _means(rendition, draws) - expected
    # Points that all lie over one another have no line.
    known = residuals[np.isfinite(residuals).all(axis=1)]
    return {
        "slope": float(slopes[0]),
        "intercept": float(intercepts[0]),
        "references": np.stack([some[0] for some in points], axis=1).tolist(),
        "residuals": _with_intervals(known),
    }


def _logits(accuracies: Float[np.ndarray, "draw point"]) -> Float[np.ndarray, "draw point"]:
    found: Float[np.ndarray, "draw point"] = logit(np.clip(accuracies, EDGE, 1 - EDGE))
    return found


def _points(values: Accuracies, draw: tuple[Any, Any]) -> Float[np.ndarray, " point"]:
    """Accuracy of each size and drawn seed over the drawn objects."""
    seeds, objects = draw
    found: Float[np.ndarray, " point"] = np.nanmean(values[:, seeds][:, :, objects], axis=2).ravel()
    return found


def _measured(everything: Sequence[Accuracies], *, seed: int) -> list[tuple[Any, Any]]:
    """Indices of seeds and objects: all of them first, then some with replacement, where each array has a number for each place.

    Raises:
        InputError: Of all of them together some array has none.
    """
    rng = np.random.default_rng(seed)
    _, seeds, objects = everything[0].shape
    drawn = [(rng.integers(seeds, size=seeds), rng.integers(objects, size=objects)) for _ in range(RESAMPLES)]
    draws = [(np.arange(seeds), np.arange(objects)), *drawn]
    is_known = [np.isfinite(values).any(axis=(0, 1)) for values in everything]
    message = "a domain has no test images of any object"
    require(all(known.any() for known in is_known), "apart", message, "Give fewer bits, or more test_views")
    return [draw for draw in draws if all(known[draw[1]].any() for known in is_known)]


def _means(values: Accuracies, draws: Sequence[tuple[Any, Any]]) -> Float[np.ndarray, "draw share"]:
    """Over the seeds and objects of each draw; the first draw is the data themselves."""
    return np.stack([np.nanmean(values[:, seeds][:, :, objects], axis=(1, 2)) for seeds, objects in draws])


def _with_intervals(values: Float[np.ndarray, "draw share"]) -> Metrics:
    low, high = np.percentile(values[1:], _tails(), axis=0)
    return {"mean": values[0].tolist(), "low": low.tolist(), "high": high.tolist()}


def _best(values: Float[np.ndarray, "draw share"], shares: Sequence[float]) -> Metrics:
    """The best share, where it lies with other seeds and objects, and what it has over either domain alone."""
    chosen = np.array(shares)[values.argmax(axis=1)]
    low, high = np.percentile(chosen[1:], _tails(), method="nearest")
    best = values[:, int(values[0].argmax())]
    return {
        "share": float(chosen[0]),
        "interval": [float(low), float(high)],
        "over_first": _difference(best - values[:, 0]),
        "over_last": _difference(best - values[:, -1]),
        "drawn": {str(share): float(np.mean(chosen[1:] == share)) for share in shares},
    }


def _contamination(rendition: Float[np.ndarray, "draw share"], shares: Sequence[float]) -> Metrics:
    """Gain of accuracy on renditions for each unit of share, up to each further share."""
    slopes = np.diff(rendition, axis=1) / np.diff(shares)
    return {"upto": list(shares[1:]), **_with_intervals(slopes)}


def _difference(values: Float[np.ndarray, " draw"]) -> Metrics:
    low, high = np.percentile(values[1:], _tails())
    return {"mean": float(values[0]), "interval": [float(low), float(high)]}


def _tails() -> list[float]:
    return [50 * (1 - LEVEL), 50 * (1 + LEVEL)]
