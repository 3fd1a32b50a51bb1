"""Distance from a rotated copy against scipy's Procrustes analysis and maps whose singular values are known."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.spatial import procrustes

from experiments.methods.metrics.geometry import orthogonality_error, procrustes_error

pytestmark = [pytest.mark.unit, pytest.mark.filterwarnings("error")]


def sample(seed: int, *, columns: int = 4) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(50, columns)) + 3


def rotation(size: int, *, seed: int) -> np.ndarray:
    return stats.ortho_group.rvs(size, random_state=seed)


def test_rotated_scaled_shifted_copy_has_no_error():
    latents = sample(0)
    copy = -3 * latents @ rotation(4, seed=1) + 10

    assert orthogonality_error(latents, copy) == pytest.approx(0, abs=1e-12)
    assert procrustes_error(latents, copy) == pytest.approx(0, abs=1e-12)


@settings(max_examples=30)
@given(seed=st.integers(0, 1000))
def test_procrustes_error_is_scipys(seed: int):
    latents, codes = sample(seed), sample(seed + 1)

    assert procrustes_error(latents, codes) == pytest.approx(procrustes(latents, codes)[2], abs=1e-12)


def test_procrustes_error_of_fewer_codes_is_that_of_missing_columns():
    latents, codes = sample(0), sample(1, columns=2)

    found = procrustes_error(latents, codes)

    assert found == pytest.approx(procrustes(latents, np.column_stack([codes, np.zeros((50, 2))]))[2], abs=1e-12)


def test_orthogonality_error_is_that_of_the_map():
    latents = sample(0)
    stretched = latents @ rotation(4, seed=1) @ np.diag([1, 1, 1, 3]) @ rotation(4, seed=2)

    # The squared singular values are 1, 1, 1, 9 with a mean of 3.
    assert orthogonality_error(latents, stretched) == pytest.approx(np.sqrt((3 * 2**2 + 6**2) / (4 * 3**2)))


def test_orthogonality_error_minimizes_over_the_scale():
    latents = sample(0)
    mapping = np.random.default_rng(1).normal(size=(4, 4))

    found = orthogonality_error(latents, latents @ mapping)

    gram, unit = mapping @ mapping.T, np.eye(4)
    around = np.trace(gram) / 4
    assert found == pytest.approx(np.linalg.norm(gram - around * unit) / np.linalg.norm(around * unit))
    assert all(np.linalg.norm(gram - around * unit) <= np.linalg.norm(gram - c * unit) for c in np.linspace(0, 3 * around, 30))


def test_map_that_loses_latents_is_not_orthogonal():
    latents = sample(0)

    assert orthogonality_error(latents, latents[:, :1]) == pytest.approx(np.sqrt(3))


def test_collapsed_code_has_the_largest_errors():
    latents = sample(0)
    collapsed = np.full((50, 4), 0.1)

    assert orthogonality_error(latents, collapsed) == np.inf
    assert procrustes_error(latents, collapsed) == 1
