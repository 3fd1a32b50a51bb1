"""The slot identifiability score of Brady et al. 2023, synthetic form: each estimated slot holds one true slot and no other.

Called by the paper on objects. The image form of the paper is another formula, and its values do not compare with these.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist

from experiments.contract.errors import InputError
from experiments.methods.metrics.paired import CONSTANT, centered, paired

RIDGE = 1.0
RESAMPLES = 1000


@dataclass(frozen=True, kw_only=True)
class SlotIdentifiability:
    """The score and what it is made of, means over true slots."""

    score: float
    """`on` - `off`, at most 1."""
    on: float
    """R² of a true slot from its own estimated slot."""
    off: float
    """The largest R² of a true slot from one of the other estimated slots."""
    ceiling: float
    """The score of the true slots as their own estimates: below 1 where slots depend on each other."""
    order: Int[np.ndarray, " slot"]
    """The estimated slot of each true slot."""
    low: float
    """Ends of the 95 % percentile bootstrap interval of the score over the scored samples, fit and order held."""
    high: float


@dataclass(frozen=True, kw_only=True)
class _Rows:
    """Standardized samples to fit and to score, [sample, slot, dimension]."""

    fit: NDArray[np.float64]
    score: NDArray[np.float64]


def slot_identifiability(
    latents: Float[np.ndarray, "sample slot dim"],
    estimates: Float[np.ndarray, "sample slot dim2"],
    *,
    fit: int = 2000,
    score: int = 500,
    seed: int = 0,
) -> SlotIdentifiability:
    """The score by kernel ridge regression from each estimated to each true slot, on other samples than the fit.

    R² below 0 counts 0. The kernel is Gaussian with γ = 1 / dim2 and the ridge 1, on standardized slots; the standardization is
    that of the fit. `fit` and `score` samples are drawn with the seed. An estimated slot must stand for the same true slot in
    every sample: models whose slots change places from sample to sample need a matching by sample, which this is not.
    InputError for other numbers of slots or too few samples.
    """
    latents, estimates = paired(latents, estimates, names=("latents", "estimates"), dimensions=3)
    if latents.shape[1] != estimates.shape[1]:
        message = f"{estimates.shape[1]} estimated slots for {latents.shape[1]} true ones"
        raise InputError(field="estimates", message=message, remedy="Give as many estimated slots as there are true ones")
    if min(fit, score) < 2 or len(latents) < fit + score:
        message = f"{len(latents)} samples for {fit} to fit and {score} to score"
        raise InputError(field="latents", message=message, remedy="Give more samples, or lower `fit` or `score`")
    draw = np.random.default_rng(seed)
    chosen = draw.permutation(len(latents))[: fit + score]
    truth, found = (_standardized(values[chosen], fit=fit) for values in (latents, estimates))
    errors = _squared_errors(truth, found)
    table = _slot_r2(truth.score, errors, np.ones((1, score)))
    _slots, order = linear_sum_assignment(table[0], maximize=True)
    weights = draw.multinomial(score, np.full(score, 1 / score), size=RESAMPLES)
    resampled = np.subtract(*_on_and_off(_slot_r2(truth.score, errors, weights), order))
    (on,), (off,) = _on_and_off(table, order)
    low, high = np.quantile(resampled, (0.025, 0.975))
    return SlotIdentifiability(
        score=float(on - off),
        on=float(on),
        off=float(off),
        ceiling=_ceiling(truth),
        order=order,
        low=float(low),
        high=float(high),
    )


def _standardized(values: NDArray[np.float64], *, fit: int) -> _Rows:
    spread = np.sqrt(np.square(centered(values[:fit])).mean(axis=0))
    scaled = (values - values[:fit].mean(axis=0)) / np.where(spread > 0, spread, 1)
    return _Rows(fit=scaled[:fit], score=scaled[fit:])


def _squared_errors(truth: _Rows, found: _Rows) -> Float[np.ndarray, "slot sample true_slot dim"]:
    """Of the scored samples; each estimated slot's kernel is factored once for all true slots."""
    targets = truth.fit.reshape(len(truth.fit), -1)
    errors = []
    for slot in range(found.fit.shape[1]):
        fit, score = found.fit[:, slot], found.score[:, slot]
        kernel = np.exp(-cdist(fit, fit, "sqeuclidean") / fit.shape[1])
        kernel[np.diag_indices_from(kernel)] += RIDGE
        weights = cho_solve(cho_factor(kernel, lower=True, overwrite_a=True, check_finite=False), targets)
        predicted = np.exp(-cdist(score, fit, "sqeuclidean") / fit.shape[1]) @ weights
        errors.append(np.square(predicted.reshape(truth.score.shape) - truth.score))
    return np.stack(errors)


def _slot_r2(
    truth: Float[np.ndarray, "sample true_slot dim"],
    errors: Float[np.ndarray, "slot sample true_slot dim"],
    weights: Float[np.ndarray, "resample sample"],
) -> Float[np.ndarray, "resample true_slot slot"]:
    """R² at least 0, the mean over a slot's dimensions; 0 for a dimension that does not vary."""
    total = weights.sum(axis=1)[:, None, None]
    means = np.tensordot(weights, truth, axes=1) / total
    spread = np.tensordot(weights, np.square(truth), axes=1) / total - means**2
    left = np.tensordot(weights, errors, axes=(1, 1)) / total[:, None]
    varying = (spread > CONSTANT)[:, None]
    r2 = np.where(varying, 1 - left / np.where(varying, spread[:, None], 1), 0)
    table: NDArray[np.float64] = np.maximum(r2.mean(axis=-1), 0).swapaxes(1, 2)
    return table


def _on_and_off(
    table: Float[np.ndarray, "resample true_slot slot"], order: Int[np.ndarray, " true_slot"]
) -> tuple[Float[np.ndarray, " resample"], Float[np.ndarray, " resample"]]:
    own = np.arange(len(order)), order
    others = table.copy()
    others[:, *own] = 0
    return table[:, *own].mean(axis=1), others.max(axis=2).mean(axis=1)


def _ceiling(truth: _Rows) -> float:
    table = _slot_r2(truth.score, _squared_errors(truth, truth), np.ones((1, len(truth.score))))
    (on,), (off,) = _on_and_off(table, np.arange(table.shape[1]))
    return float(on - off)
