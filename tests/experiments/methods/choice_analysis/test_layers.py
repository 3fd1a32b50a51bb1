"""Where layers are, and accuracy along them."""

import pytest

from experiments.methods.choice_analysis.estimators import over_units
from experiments.methods.choice_analysis.layers import block_and_branch, layer_table, layer_trend_table, relative_position
from model_zoo.catalogue import card
from tests.experiments.methods.choice_analysis.frames import main
from tests.experiments.methods.response_tables import Row, row

pytestmark = pytest.mark.unit
MODEL = "efficientnet_lite0.in1k"
BY = ("group", "condition")


@pytest.mark.parametrize(
    ("layer", "parts"),
    [
        ("mixed4a_3x3_pre_relu_conv", ("mixed4a", "3x3")),
        ("mixed3b_pool_reduce", ("mixed3b", "pool")),
        ("mixed5b.1x1", ("mixed5b", "1x1")),
        ("layer4.2.conv3", ("layer4.2.conv3", "")),
        ("avgpool", ("avgpool", "")),
    ],
)
def test_block_and_branch_are_read_where_the_name_tells_them(layer: str, parts: tuple[str, str]):
    assert block_and_branch(layer) == parts


def test_position_is_that_in_the_card():
    names = list(card(MODEL).layers)

    assert [relative_position(MODEL, names[i]) for i in (0, -1)] == [0.0, 1.0]
    assert relative_position(MODEL, "_blocks.3") < relative_position(MODEL, "_blocks.10")
    assert relative_position(MODEL, "no_such_layer") is None
    assert relative_position("no_such_model", "_blocks.3") is None


def of_layers(model: str, layers: dict[str, int]) -> list[Row]:
    """Ten answers in each layer, so many of them right."""
    return [row(f"s{i}", unit=f"{model}/{layer}:0", correct=int(i < right)) for layer, right in layers.items() for i in range(10)]


def test_layers_stand_in_the_order_of_the_card_else_by_number():
    rows = of_layers(MODEL, {"_blocks.10": 5, "_blocks.2": 6}) + of_layers("unknown", {"mixed10": 1, "mixed9": 2})

    found = layer_table(main(rows), by=BY, estimator=over_units(0)).rows

    assert [(one["layer"], one["accuracy"], one["position"] is None) for one in found] == [
        ("_blocks.2", 0.6, False), ("_blocks.10", 0.5, False), ("mixed9", 0.2, True), ("mixed10", 0.1, True),
    ]  # fmt: skip


def test_trend_runs_along_the_known_layers():
    layers = {"_blocks.1": 9, "_blocks.4": 8, "_blocks.7": 7, "_blocks.10": 7, "_blocks.13": 2}

    (found,) = layer_trend_table(layer_table(main(of_layers(MODEL, layers)), by=BY, estimator=over_units(0)), seed=0).rows

    # Ranks 5 4 2.5 2.5 1 against 1 to 5.
    assert (found["model"], found["n"], found["rho"]) == (MODEL, 5, pytest.approx(-0.974679))


def test_trend_is_unknown_without_a_card_whatever_the_order_of_appearance():
    rows = of_layers("other", {"a": 1, "b": 2, "c": 3, "d": 4}) + of_layers(
        MODEL, {"_blocks.1": 9, "_blocks.4": 8, "_blocks.7": 7}
    )

    found = layer_trend_table(layer_table(main(rows), by=BY, estimator=over_units(0)), seed=0).rows

    assert [(one["model"], one["n"], one["rho"]) for one in found] == [
        (MODEL, 3, pytest.approx(-1)), ("other", 0, None), ("all models", 3, pytest.approx(-1)),
    ]  # fmt: skip
    assert found[1]["why_not"].startswith("unknown")
