"""What is said of an artifact in words, for each number that speaks against its pictures."""

from typing import Any

import pytest

from experiments.contract.artifacts import Manifest
from experiments.contract.flags import flags

pytestmark = pytest.mark.unit


def made(kind: str, **values: Any) -> Manifest:
    return Manifest(digest="0" * 64, recipe={"kind": kind}, files=(), values=values, parents=(), provenance={})


@pytest.mark.parametrize(
    ("kind", "values", "told"),
    [
        ("exemplars", {"dead": True}, "The unit is dead"),
        ("feature_visualization", {"dead": [True, True]}, "The unit is dead"),
        ("occlusion", {"dead": True}, "This image does not activate the unit"),
        ("feature_visualization", {"beats_natural": [True, False], "best_natural": 9.76}, "1 of 2 images stay below"),
        ("attribution", {"base": 4.0, "completeness_gap": -0.5}, "miss the activation, 4, by -0.5"),
        ("occlusion", {"extremes_may_differ": True}, "coarse to fine"),
        ("occlusion", {"cut_to": 40, "cut_from": [90, 40]}, "90 x 40 px, was cut to the square of 40 px"),
    ],
)
def test_flags_tell_what_speaks_against_the_pictures(kind: str, values: dict[str, Any], told: str):
    (sentence,) = flags(made(kind, **values))

    assert told in sentence


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("exemplars", {"dead": False}),
        ("feature_visualization", {"dead": [True, False], "beats_natural": [True, True], "best_natural": 1.0}),
        ("attribution", {"dead": False, "base": 4.0, "completeness_gap": 0.1}),
        ("occlusion", {"dead": False, "extremes_may_differ": False}),
    ],
)
def test_nothing_is_told_where_nothing_is_amiss(kind: str, values: dict[str, Any]):
    assert flags(made(kind, **values)) == []
