"""Slot identifiability against scikit-learn's kernel ridge regression of every pair, and what it must not depend on."""

from itertools import permutations

import numpy as np
import pytest
from scipy import stats
from sklearn.kernel_ridge import KernelRidge
from sklearn.metrics import r2_score
from sklearn.preprocessing import StandardScaler

from experiments.contract.errors import InputError
from experiments.methods.metrics.slot_identifiability import SlotIdentifiability, slot_identifiability

pytestmark = [pytest.mark.unit, pytest.mark.filterwarnings("error")]

FIT, SCORE = 200, 80


def scored(latents: np.ndarray, estimates: np.ndarray, *, seed: int = 0) -> SlotIdentifiability:
    return slot_identifiability(latents, estimates, fit=FIT, score=SCORE, seed=seed)


def independent(seed: int = 0, *, slots: int = 3, dimensions: int = 2, samples: int = FIT + SCORE) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(samples, slots, dimensions))


def mixed(latents: np.ndarray) -> np.ndarray:
    """All latents turned together, so that every estimated slot holds some of each true one."""
    flat = latents.reshape(len(latents), -1)
    return (flat @ stats.ortho_group.rvs(flat.shape[1], random_state=3)).reshape(latents.shape)


def test_score_is_that_of_scikit_learns_regressions():
    latents = independent(samples=400)
    estimates = np.concatenate([mixed(latents)[:, [1, 2, 0]], np.sin(latents)[:, :, :1]], axis=2)

    found = scored(latents, estimates, seed=5)

    chosen = np.random.default_rng(5).permutation(400)[: FIT + SCORE]
    fit, score = chosen[:FIT], chosen[FIT:]
    table = np.empty((3, 3))
    for true in range(3):
        for guess in range(3):
            inputs, targets = (StandardScaler().fit(values[fit]) for values in (estimates[:, guess], latents[:, true]))
            ridge = KernelRidge(kernel="rbf", alpha=1).fit(
                inputs.transform(estimates[fit, guess]), targets.transform(latents[fit, true])
            )
            predicted = ridge.predict(inputs.transform(estimates[score, guess]))
            table[true, guess] = max(0, r2_score(targets.transform(latents[score, true]), predicted))
    order = max(permutations(range(3)), key=lambda order: table[range(3), order].sum())
    on = table[range(3), order]
    off = [max(table[true, guess] for guess in range(3) if guess != order[true]) for true in range(3)]
    assert found.order.tolist() == list(order)
    assert (found.on, found.off) == (pytest.approx(on.mean(), abs=1e-10), pytest.approx(np.mean(off), abs=1e-10))
    assert found.score == pytest.approx(np.mean(on - off), abs=1e-10)


def test_true_slots_reach_the_ceiling():
    latents = independent()

    found = scored(latents, latents)

    assert found.score == pytest.approx(found.ceiling, abs=1e-12)
    assert found.ceiling > 0.9
    assert found.order.tolist() == [0, 1, 2]


def test_order_of_slots_and_maps_inside_them_do_not_matter():
    latents = independent()

    found = scored(latents, (latents @ stats.ortho_group.rvs(2, random_state=1))[:, [1, 2, 0]] * 5 + 2)

    assert found.order.tolist() == [2, 0, 1]
    assert found.score > 0.9
    # A rotation changes the standardized distances a little, scale, offset and order do not.
    plain = scored(latents, latents[:, [1, 2, 0]] * 5 + 2)
    assert plain.score == pytest.approx(plain.ceiling, abs=1e-9)
    assert found.ceiling == plain.ceiling


def test_mixed_slots_score_low_though_nothing_is_lost():
    found = scored(independent(), mixed(independent()))

    assert found.score < 0.4
    assert found.ceiling > 0.9


def test_dependence_lowers_the_ceiling():
    shared = independent(slots=1)
    latents = shared + 0.5 * independent(1)

    found = scored(latents, latents)

    assert found.score == pytest.approx(found.ceiling)
    assert found.off > 0.5
    assert found.ceiling < 0.4


def test_constant_slot_holds_nothing():
    latents = independent(slots=2)
    estimates = latents.copy()
    estimates[:, 1] = 0.1

    found = scored(latents, estimates)

    assert found.on == pytest.approx(found.ceiling / 2, abs=0.03)


def test_interval_repeats_and_narrows_with_the_samples():
    latents = independent(samples=FIT + 1600)
    estimates = mixed(latents)

    few, again, many = (slot_identifiability(latents, estimates, fit=FIT, score=score, seed=1) for score in (100, 100, 1600))

    assert (few.low, few.high) == (again.low, again.high)
    assert few.low < few.score < few.high
    # Four times narrower, for sixteen times as many.
    assert (few.high - few.low) / (many.high - many.low) == pytest.approx(4, rel=0.35)


def test_single_slot_has_no_other():
    latents = independent(slots=1)

    found = scored(latents, latents)

    assert found.off == 0
    assert found.score == found.on


@pytest.mark.parametrize(
    ("latents", "estimates", "field"),
    [
        (independent(), independent(slots=2), "estimates"),
        (independent(samples=FIT), independent(samples=FIT), "latents"),
        (independent()[:, 0], independent(), "latents"),
        (independent(), independent() * np.nan, "estimates"),
    ],
)
def test_what_cannot_be_scored_is_told(latents: np.ndarray, estimates: np.ndarray, field: str):
    with pytest.raises(InputError) as raised:
        scored(latents, estimates)

    assert raised.value.field == field
