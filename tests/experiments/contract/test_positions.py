"""A position of a map is the same place only at the same size of the image."""

import pytest

from experiments.contract.errors import InputError
from experiments.contract.recipes import Attribution, FeatureVisualization, Occlusion

pytestmark = pytest.mark.unit
UNIT = "efficientnet_lite0.in1k/_blocks.10:5"


@pytest.mark.parametrize("recipe", [FeatureVisualization, Occlusion, Attribution])
def test_position_at_another_size_than_the_pool_is_refused(recipe: type[FeatureVisualization | Occlusion | Attribution]):
    with pytest.raises(InputError, match="another place at 64 px") as refused:
        recipe(unit=f"{UNIT}@3,3", size=64)

    assert refused.value.field == "size"


@pytest.mark.parametrize(
    "fields", [{"unit": f"{UNIT}@c,c", "size": 64}, {"unit": f"{UNIT}@3,3", "size": 64, "pool_resolution": 64}]
)
def test_center_or_one_size_for_both_is_fine(fields: dict[str, object]):
    assert FeatureVisualization(**fields).aggregation == "position"
