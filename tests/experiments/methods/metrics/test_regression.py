"""R² of affine maps against scikit-learn, closed forms, and what must not look like success."""

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression
from sklearn.metrics import r2_score

from experiments.contract.errors import InputError
from experiments.methods.metrics.regression import held_out_r2, in_sample_r2, linear_r2, two_way_r2

pytestmark = [pytest.mark.unit, pytest.mark.filterwarnings("error")]


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def noisy_map(rng: np.random.Generator, samples: int) -> tuple[np.ndarray, np.ndarray]:
    inputs = rng.normal(size=(samples, 4)) + 5
    return inputs, inputs @ rng.normal(size=(4, 3)) + rng.normal(size=(samples, 3)) * [0.1, 1, 10] - 2


@pytest.mark.parametrize("share", [0.25, 0.5, 0.8])
def test_linear_r2_is_scikit_learns_on_the_samples_held_out(rng, share: float):
    inputs, targets = noisy_map(rng, 200)
    fit = round(share * 200)

    found = linear_r2(inputs, targets, fit_share=share)

    predicted = LinearRegression().fit(inputs[:fit], targets[:fit]).predict(inputs[fit:])
    assert found == pytest.approx(r2_score(targets[fit:], predicted), abs=1e-12)
    assert held_out_r2(inputs, targets, fit_share=share) == pytest.approx(
        r2_score(targets[fit:], predicted, multioutput="raw_values"), abs=1e-12
    )


def test_in_sample_r2_is_scikit_learns_and_optimistic(rng):
    inputs, targets = rng.normal(size=(40, 10)), rng.normal(size=(40, 3))

    found = in_sample_r2(inputs, targets)

    assert found == pytest.approx(LinearRegression().fit(inputs, targets).score(inputs, targets), abs=1e-12)
    # For unrelated columns it is inputs / (samples - 1) on average; held out it is below 0.
    assert found == pytest.approx(10 / 39, abs=0.1)
    assert linear_r2(inputs, targets) < 0


def test_two_way_r2_tells_a_lossy_map_from_a_complete_one(rng):
    latents = rng.normal(size=(2000, 4))
    turned = latents @ np.linalg.qr(rng.normal(size=(4, 4)))[0] * 7 + 1

    assert two_way_r2(latents, turned) == (pytest.approx(1), pytest.approx(1))
    # Three of four independent latents are all that the projection holds.
    assert two_way_r2(latents, latents[:, :3]) == (pytest.approx(1), pytest.approx(0.75, abs=0.01))


def test_collapsed_representation_does_not_look_perfect(rng):
    latents = rng.normal(size=(100, 2))
    collapsed = np.full((100, 2), 0.1)

    assert two_way_r2(latents, collapsed) == (0, pytest.approx(0, abs=0.1))
    half = np.column_stack([latents[:, 0], collapsed[:, 0]])
    assert held_out_r2(latents, half, fit_share=0.5) == pytest.approx([1, 0])


def test_collinear_inputs_do_no_harm(rng):
    latents = rng.normal(size=(100, 2))

    assert linear_r2(np.column_stack([latents, latents.sum(axis=1)]), latents) == pytest.approx(1)


@pytest.mark.parametrize(
    ("inputs", "targets", "field"),
    [
        (np.ones((10, 5)), np.ones((10, 1)), "inputs"),
        (np.ones(10), np.ones((10, 1)), "inputs"),
        (np.ones((10, 2)), np.ones((9, 1)), "targets"),
        (np.ones((10, 2)), np.full((10, 1), np.nan), "targets"),
        (np.ones((1, 1)), np.ones((1, 1)), "inputs"),
    ],
)
def test_what_cannot_be_fitted_is_told(inputs: np.ndarray, targets: np.ndarray, field: str):
    with pytest.raises(InputError) as raised:
        linear_r2(inputs, targets)

    assert raised.value.field == field
