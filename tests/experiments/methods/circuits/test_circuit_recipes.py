"""The recipes: the chain from a circuit to its trajectories, and what they refuse."""

from typing import Any

import pytest

from experiments.contract.errors import InputError
from experiments.contract.recipes import Circuit, Occlusion, Trajectories, recipe_from_json
from experiments.papers.geirhos2024_fooling.networks import digits

pytestmark = pytest.mark.unit

UNIT = "efficientnet_lite0.in1k/_blocks.10:5"


def test_circuits_of_a_layer_share_detector_and_trajectories():
    one = Circuit(unit=UNIT)
    other = Circuit(unit="efficientnet_lite0.in1k/_blocks.10:7", target="unit", donor=UNIT, min_redirect=0.5)

    assert one.digest != other.digest
    assert one.detector == other.detector
    assert one.detector.trajectories == Trajectories(model="efficientnet_lite0.in1k", layer="_blocks.10")


def test_labeled_digits_have_the_same_digest_in_every_checkout():
    assert digits("efficientnet_lite0.in1k").labeled == Circuit(unit=UNIT, labeled="digits").labeled == "digits"


def test_recipes_survive_json():
    circuit = Circuit(unit=UNIT, target="image", image="/pictures/cat.png", construction="silent")

    for recipe in (circuit, circuit.detector, circuit.detector.trajectories):
        assert recipe_from_json(recipe.as_json()) == recipe
    assert circuit.detector.goal == "image"


@pytest.mark.parametrize("image", ["cat.png", "/cat\0.png"])
def test_paths_of_images_are_absolute_and_can_be_stored(image: str):
    with pytest.raises(InputError) as refused:
        Occlusion(unit=UNIT, image=image)

    assert refused.value.field == "image"


@pytest.mark.parametrize(
    ("field", "fields"),
    [
        ("offset", {"offset": 112}),
        ("donor", {"target": "unit"}),
        ("donor", {"target": "unit", "donor": UNIT}),
        ("donor", {"unit": f"{UNIT}@1,1", "target": "unit", "donor": f"{UNIT}@0,0"}),
        ("donor", {"target": "unit", "donor": "efficientnet_lite0.in1k/_blocks.9:5"}),
        ("rendered", {"rendered": 7}),
        ("size", {"size": 16}),
        ("min_redirect", {"min_redirect": 1.5}),
        ("pool", {"pool": "paintings"}),
        ("pool", {"pool": "/pictures\0"}),
        ("image", {"target": "image", "image": "cat.png"}),
        ("image", {"target": "image", "image": "/cat\0.png"}),
        ("labeled", {"labeled": "labeled"}),
        ("labeled", {"labeled": "/labeled\0"}),
    ],
)
def test_circuit_refuses_what_cannot_be_made(field: str, fields: dict[str, Any]):
    with pytest.raises(InputError) as refused:
        Circuit(**{"unit": UNIT, **fields})

    assert refused.value.field == field
