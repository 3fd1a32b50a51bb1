"""Settings that are shown can be typed again."""

import pytest

from experiments.contract.fields import Json, as_typed, parse_settings

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("value", ["images", "3", "true", "", "a=b", 'said "so"', 3, 0.5, True, None, [1, 2], {"steps": 60}])
def test_value_that_is_shown_is_read_as_itself(value: Json) -> None:
    read = parse_settings([f"name={as_typed(value)}"])["name"]

    assert read == value
    assert type(read) is type(value)
    assert as_typed("images") == "images"
