"""Slot identifiability of models of images (Brady et al. 2023), whose slots change places from scene to scene."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from sklearn.kernel_ridge import KernelRidge
from sklearn.metrics import accuracy_score, r2_score

from experiments.contract.errors import InputError

ROUNDS = 10
"""Of matching and reading, at most."""
RIDGE = 1.0
Matches = Int[np.ndarray, "scene object"]
"""The slot of each object; -1 of an absent one."""


@dataclass(frozen=True, kw_only=True)
class ObjectFactors:
    """The truth about scenes."""

    continuous: Float[np.ndarray, "scene object factor"]
    category: Int[np.ndarray, "scene object"]
    """From 0."""
    present: Bool[np.ndarray, "scene object"]


@dataclass(frozen=True, kw_only=True)
class Reading:
    """How well factors are read from matched slots, on scenes that the readout was not fitted on."""

    r2: Float[np.ndarray, " factor"]
    accuracy: float

    @property
    def performance(self) -> float:
        """The mean of the R² of all continuous factors and the accuracy of the category, each factor weighing the same."""
        return float((self.r2.sum() + self.accuracy) / (len(self.r2) + 1))


@dataclass(frozen=True, kw_only=True)
class ImageSlotIdentifiability:
    """The score and what it is made of."""

    score: float
    """(on - base) / (1 - base), minus (off - base) / (1 - base) clipped to [0, 1]."""
    ceiling: float
    """The score of the true factors as their own slots."""
    own: Reading
    """From the slot of each object."""
    other: Reading
    """From the best matching of all slots but an object's own."""
    base: float
    """What the true factors of other objects tell of an object's, in [0, 1]."""
    first_defect: float
    """The score as the released code adds its terms up: the category is overwritten, so that four factors give .8 at most."""


def image_slot_identifiability(
    truth: ObjectFactors, slots: Float[np.ndarray, "scene slot latent"], *, fit: int, seed: int = 0
) -> ImageSlotIdentifiability:
    """The score of slots: readouts are fitted on the first `fit` scenes and scored on the others.

    A readout, shared by all slots, is a kernel ridge regression (Gaussian, γ = 1 / latents) to all factors; a category is read
    as the largest of its indicators. It and the matching of slots and objects by squared error are found in turns, from a
    random matching. Absent objects take no part, nor in the standardization.

    Raises:
        InputError: There are fewer slots than objects, fewer than two slots, or too few scenes; or objects that are all alike.
    """
    scenes, objects = truth.present.shape
    if slots.shape[1] < max(2, objects) or len(slots) != scenes:
        message = f"{slots.shape[1]} slots of {len(slots)} scenes for {objects} objects of {scenes}"
        raise InputError(field="slots", message=message, remedy="Give at least as many slots as objects, and at least two")
    if not 2 <= fit <= scenes - 2:
        raise InputError(field="fit", message=f"{fit} of {scenes} scenes", remedy="Leave at least two scenes for each purpose")
    targets = _targets(truth, fit=fit)
    own, other = _own_and_other(truth, targets, slots, fit=fit, seed=seed)
    true_own, true_other = _own_and_other(truth, targets, targets, fit=fit, seed=seed)
    base = float(np.clip(true_other.performance, 0, 1))
    if base == 1:
        message = "the factors of other objects tell all of an object's, so that no slot could tell more"
        raise InputError(field="truth", message=message, remedy="Give scenes whose objects differ")
    # The released code divides four R² by five and loses the accuracy.
    lost = [float(one.r2.sum() / (len(one.r2) + 1)) for one in (own, other, true_other)]
    return ImageSlotIdentifiability(
        score=_score(own.performance, other.performance, base=base),
        ceiling=_score(true_own.performance, true_other.performance, base=base),
        own=own,
        other=other,
        base=base,
        first_defect=_score(lost[0], lost[1], base=float(np.clip(lost[2], 0, 1))),
    )


def _score(own: float, other: float, *, base: float) -> float:
    scaled_own, scaled_other = ((value - base) / (1 - base) for value in (own, other))
    return float(scaled_own - np.clip(scaled_other, 0, 1))


def _targets(truth: ObjectFactors, *, fit: int) -> Float[np.ndarray, "scene object target"]:
    """Continuous factors, standardized by the present objects of the fitted scenes, and indicators of the categories."""
    seen = truth.continuous[:fit][truth.present[:fit]]
    spread = seen.std(axis=0)
    scaled = (truth.continuous - seen.mean(axis=0)) / np.where(spread > 0, spread, 1)
    indicators = np.eye(int(truth.category.max()) + 1)[truth.category]
    return np.where(truth.present[..., None], np.concatenate([scaled, indicators], axis=-1), 0)


def _own_and_other(
    truth: ObjectFactors, targets: NDArray[np.float64], slots: Float[np.ndarray, "scene slot latent"], *, fit: int, seed: int
) -> tuple[Reading, Reading]:
    slots = np.asarray(slots, np.float64)
    spread = slots[:fit].std(axis=(0, 1))
    scaled = (slots - slots[:fit].mean(axis=(0, 1))) / np.where(spread > 0, spread, 1)
    nothing = np.full(truth.present.shape, -1)
    own, predicted = _matched(truth.present, targets, scaled, barred=nothing, fit=fit, seed=seed)
    other, from_others = _matched(truth.present, targets, scaled, barred=own, fit=fit, seed=seed)
    return _reading(truth, targets, predicted, own, fit=fit), _reading(truth, targets, from_others, other, fit=fit)


def _matched(
    present: Bool[np.ndarray, "scene object"],
    targets: Float[np.ndarray, "scene object target"],
    slots: Float[np.ndarray, "scene slot latent"],
    *,
    barred: Matches,
    fit: int,
    seed: int,
) -> tuple[Matches, Float[np.ndarray, "scene slot target"]]:
    """The slots of objects and what is read from all slots; an object may not have the slot that is barred for it."""
    costs = np.random.default_rng(seed).random((*present.shape, slots.shape[1]))
    matches = _assign(costs, present, barred=barred)
    for _ in range(ROUNDS):
        chosen = slots[:fit][np.nonzero(present[:fit])[0], matches[:fit][present[:fit]]]
        readout = KernelRidge(kernel="rbf", alpha=RIDGE, gamma=1 / slots.shape[2]).fit(chosen, targets[:fit][present[:fit]])
        predicted = readout.predict(slots.reshape(-1, slots.shape[2])).reshape(*slots.shape[:2], -1)
        costs = np.square(targets[:, :, None] - predicted[:, None]).sum(axis=-1)
        before, matches = matches, _assign(costs, present, barred=barred)
        if np.array_equal(before[:fit], matches[:fit]):
            break
    return matches, predicted


def _assign(
    costs: Float[np.ndarray, "scene object slot"], present: Bool[np.ndarray, "scene object"], *, barred: Matches
) -> Matches:
    costs = np.where(np.arange(costs.shape[2]) == barred[..., None], np.inf, costs)
    matches = np.full(present.shape, -1)
    for scene, there in enumerate(present):
        matches[scene, there] = linear_sum_assignment(costs[scene, there])[1]
    return matches


def _reading(
    truth: ObjectFactors,
    targets: Float[np.ndarray, "scene object target"],
    predicted: Float[np.ndarray, "scene slot target"],
    matches: Matches,
    *,
    fit: int,
) -> Reading:
    there = truth.present[fit:]
    read = predicted[fit:][np.nonzero(there)[0], matches[fit:][there]]
    factors = truth.continuous.shape[2]
    r2 = r2_score(targets[fit:][there][:, :factors], read[:, :factors], multioutput="raw_values")
    accuracy = accuracy_score(truth.category[fit:][there], read[:, factors:].argmax(axis=1))
    return Reading(r2=np.asarray(r2), accuracy=float(accuracy))
