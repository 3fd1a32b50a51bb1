"""Accuracy against the relative difference of activation."""

import pytest

from experiments.methods.choice_analysis.occlusion_strength import query_pairs_table, relative_difference_table
from tests.experiments.methods.choice_analysis.frames import main
from tests.experiments.methods.response_tables import Row, row

pytestmark = pytest.mark.unit


def of_pairs(rights: list[int], differences: list[float | str]) -> list[Row]:
    """For each query pair four answers, so many of them right."""
    return [
        row(f"s{i}", batch=batch, relative_difference=difference, correct=int(i < right))
        for batch, (right, difference) in enumerate(zip(rights, differences, strict=True))
        for i in range(4)
    ]


def test_query_pairs_are_averaged_and_then_correlated():
    pairs = query_pairs_table(main(of_pairs([1, 2, 3, 4, 2], [0.1, 0.3, 0.2, 0.9, ""])))
    (found,) = relative_difference_table(pairs, seed=0).rows

    assert [(one["batch"], one["trials"], one["accuracy"]) for one in pairs.rows] == [
        (0, 4, 0.25), (1, 4, 0.5), (2, 4, 0.75), (3, 4, 1.0),
    ]  # fmt: skip
    # One exchange of neighbors among four: 1 - 6 * 2 / 60.
    assert (found["n"], found["rho"]) == (4, pytest.approx(0.8))


def test_without_differences_there_is_nothing():
    pairs = query_pairs_table(main([row(), row("b")]))

    assert (pairs.rows, relative_difference_table(pairs, seed=0).rows) == ([], [])


def test_pairs_that_are_all_solved_have_no_correlation():
    (found,) = relative_difference_table(query_pairs_table(main(of_pairs([4, 4, 4], [0.1, 0.2, 0.3]))), seed=0).rows

    assert (found["rho"], found["why_not"]) == (None, "one of the two does not vary")
