"""The work in recipes, and rates measured on artifacts."""

from typing import Any

import pytest

from experiments.contract.artifacts import Manifest
from experiments.contract.errors import InputError
from experiments.contract.rates import measured_rates, work, work_per_image
from experiments.contract.recipes import ActivationIndex, Exemplars, FeatureVisualization, Occlusion, Recipe

pytestmark = pytest.mark.unit
UNIT = "efficientnet_lite0.in1k/_blocks.3:5"
RECIPES: list[tuple[Recipe, float]] = [
    (ActivationIndex(model="efficientnet_lite0.in1k", layer="_blocks.3", pool_size=200, pool_resolution=100), 2.0),
    (Exemplars(unit=UNIT, k=10, sign="max", size=100), 0.1),
    (Exemplars(unit=UNIT, k=10, sign="both", size=100), 0.2),
    (FeatureVisualization(unit=UNIT, size=100, steps=30, batch=9), 2.7),
    (Occlusion(unit=UNIT, size=100, patch=0.4, stride=10), 0.49),
]


def made(recipe: Recipe, *, seconds: float, **values: Any) -> Manifest:
    body = {"digest": recipe.digest, "recipe": recipe.as_json(), "files": (), "parents": ()}
    return Manifest(**body, values=values, provenance={"seconds": seconds})


@pytest.mark.parametrize(("recipe", "megapixels"), RECIPES)
def test_work_is_the_megapixels_that_are_shown_or_written(recipe: Recipe, megapixels: float):
    assert work(recipe.as_json()) == pytest.approx(megapixels)


@pytest.mark.parametrize(
    ("kind", "megapixels"), [("exemplars", 0.0025), ("feature_visualization", 30 * 0.04), ("occlusion", 49 * 0.01 / 2)]
)
def test_work_of_a_planned_image_follows_from_the_settings(kind: str, megapixels: float):
    settings = {"shown_size": 50, "size": 200, "steps": 30, "pool_resolution": 100, "patch": 0.4, "stride": 10}

    assert work_per_image(kind, settings=settings) == pytest.approx(megapixels)


def test_unknown_kinds_and_missing_settings_are_refused():
    with pytest.raises(InputError) as unknown:
        work_per_image("sound", settings={})
    with pytest.raises(InputError) as missing:
        work_per_image("exemplars", settings={})

    assert (unknown.value.field, missing.value.field) == ("kind", "settings")


def test_rates_are_medians_over_artifacts_of_a_kind():
    recipe = FeatureVisualization(unit=UNIT, size=100, steps=30, batch=9)

    rates = measured_rates([made(recipe, seconds=seconds) for seconds in (2.7, 5.4, 270.0)])

    assert rates == {"feature_visualization": pytest.approx(2.0)}


def test_rate_of_a_pass_counts_the_images_that_the_pool_had():
    recipe = ActivationIndex(model="efficientnet_lite0.in1k", layer="_blocks.3", pool_size=10_000, pool_resolution=100)

    assert measured_rates([made(recipe, seconds=4.0, images=200)]) == {"activation_index": pytest.approx(2.0)}


def test_no_artifacts_give_no_rates():
    assert measured_rates([]) == {}
