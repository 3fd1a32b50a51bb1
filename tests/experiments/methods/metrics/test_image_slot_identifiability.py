"""The score of models of images: what is known of perfect, useless and mixed slots, and the formula restated."""

import numpy as np
import pytest

from experiments.contract.errors import InputError
from experiments.methods.metrics.image_slot_identifiability import (
    ImageSlotIdentifiability,
    ObjectFactors,
    image_slot_identifiability,
)

pytestmark = pytest.mark.unit
SCENES, OBJECTS, FIT = 330, 3, 250


@pytest.fixture(scope="module")
def truth() -> ObjectFactors:
    """Two to three objects with two continuous factors and a category."""
    draw = np.random.default_rng(0)
    present = np.arange(OBJECTS) < draw.integers(2, OBJECTS + 1, size=SCENES)[:, None]
    continuous = draw.uniform(-1, 1, size=(SCENES, OBJECTS, 2)) * present[..., None]
    return ObjectFactors(continuous=continuous, category=draw.integers(0, 3, size=present.shape) * present, present=present)


@pytest.fixture(scope="module")
def perfect(truth: ObjectFactors) -> np.ndarray:
    """A slot for each object, in another order in each scene; an absent object's says so."""
    draw = np.random.default_rng(1)
    factors = np.concatenate([truth.continuous, np.eye(3)[truth.category], truth.present[..., None]], axis=-1)
    mixed = np.tanh(factors @ draw.normal(size=(6, 6)) / 2)
    places = draw.permuted(np.tile(np.arange(OBJECTS), (SCENES, 1)), axis=1)
    return np.take_along_axis(mixed, places[..., None], axis=1)


@pytest.fixture(scope="module")
def scored(truth: ObjectFactors, perfect: np.ndarray) -> ImageSlotIdentifiability:
    return image_slot_identifiability(truth, perfect, fit=FIT)


def test_slots_in_any_order_come_near_the_ceiling(scored: ImageSlotIdentifiability):
    assert 0.9 < scored.ceiling <= 1
    assert scored.score > 0.9 * scored.ceiling
    assert scored.own.accuracy > 0.95


def test_the_true_factors_have_the_score_of_the_ceiling(truth: ObjectFactors):
    spread = truth.continuous[:FIT][truth.present[:FIT]]
    scaled = (truth.continuous - spread.mean(axis=0)) / spread.std(axis=0)
    factors = np.where(truth.present[..., None], np.concatenate([scaled, np.eye(3)[truth.category]], axis=-1), 0)

    found = image_slot_identifiability(truth, factors, fit=FIT)

    assert found.score == pytest.approx(found.ceiling, abs=1e-9)


def test_objects_that_are_all_alike_have_no_score(perfect: np.ndarray):
    alike = ObjectFactors(
        continuous=np.ones((SCENES, OBJECTS, 2)),
        category=np.zeros((SCENES, OBJECTS), int),
        present=np.ones((SCENES, OBJECTS), bool),
    )

    with pytest.raises(InputError) as caught:
        image_slot_identifiability(alike, perfect, fit=FIT)

    assert caught.value.field == "truth"


def test_noise_has_no_score(truth: ObjectFactors):
    found = image_slot_identifiability(truth, np.random.default_rng(2).normal(size=(SCENES, OBJECTS, 4)), fit=FIT)

    assert abs(found.score) < 0.15


def test_the_score_is_the_published_formula(scored: ImageSlotIdentifiability):
    own, other = ((*reading.r2, reading.accuracy) for reading in (scored.own, scored.other))

    scaled = [(sum(values) / 3 - scored.base) / (1 - scored.base) for values in (own, other)]

    assert scored.score == pytest.approx(scaled[0] - min(max(scaled[1], 0), 1))


def test_the_defect_of_the_released_code_loses_the_category(scored: ImageSlotIdentifiability):
    # Two of three factors are left of a perfect reading.
    assert scored.first_defect < 2 / 3 + 1e-9 < scored.score


def test_the_units_of_slots_do_not_matter(truth: ObjectFactors, perfect: np.ndarray, scored: ImageSlotIdentifiability):
    other_units = 100 * perfect - 7

    found = image_slot_identifiability(truth, other_units, fit=FIT)

    assert found.score == pytest.approx(scored.score, abs=1e-6)


@pytest.mark.parametrize(
    ("slots", "fit", "field"),
    [(np.zeros((SCENES, 2, 4)), FIT, "slots"), (np.zeros((5, 3, 4)), FIT, "slots"), (np.zeros((SCENES, 3, 4)), SCENES, "fit")],
)
def test_what_cannot_be_scored_is_named(truth: ObjectFactors, slots: np.ndarray, fit: int, field: str):
    with pytest.raises(InputError) as caught:
        image_slot_identifiability(truth, slots, fit=fit)

    assert caught.value.field == field
