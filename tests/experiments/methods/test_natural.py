"""The choice of extreme images, on activations that are known."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.contract.errors import InputError
from experiments.methods.natural import MAX_OVERLAP, NaturalActivations, choose, rank_at, repeats

pytestmark = pytest.mark.unit

WHOLE = (0.0, 0.0, 10.0, 10.0)


def natural(activations: list[float], sources: list[str], boxes: list | None = None) -> NaturalActivations:
    return NaturalActivations(
        digest="0", activations=np.array(activations), sources=sources, boxes=boxes or [WHOLE] * len(sources)
    )


def test_choose_takes_each_source_by_its_most_extreme_variant():
    pool = natural([1, 9, 8, 7, -5, -4, -9, 0], ["a", "a", "b", "b", "c", "c", "d", "d"])

    assert choose(pool, counts={"max": 2, "min": 2}) == {"max": [1, 2], "min": [6, 4]}


def test_choose_lets_the_signs_take_turns_over_a_source_extreme_both_ways():
    pool = natural([9, -9, 5, -5], ["a", "a", "b", "c"])

    # The source of 9 and -9 serves the maximum, which picks first.
    assert choose(pool, counts={"max": 1, "min": 1}) == {"max": [0], "min": [3]}


def test_choose_begins_at_the_quantile():
    pool = natural([float(i) for i in range(20)], [str(i) for i in range(20)])

    assert choose(pool, counts={"max": 2, "min": 2}, quantile=0.9) == {"max": [17, 16], "min": [2, 3]}


@pytest.mark.parametrize(
    ("quantile", "count", "rank"),
    # The first three are the published ranks of the harder queries among ImageNet's training images.
    [(0.99, 1_281_167, 12_811), (0.95, 1_281_167, 64_058), (0.85, 1_281_167, 192_175), (0.9, 10, 1), (1.0, 10, 0), (0.5, 3, 1)],
)
def test_rank_at_cuts_a_fraction_off(quantile: float, count: int, rank: int):
    assert rank_at(quantile, count) == rank


def test_choose_refuses_a_quantile_with_too_few_images_beyond_it():
    pool = natural([float(i) for i in range(10)], [str(i) for i in range(10)])

    with pytest.raises(InputError) as raised:
        choose(pool, counts={"max": 6}, quantile=0.5)

    assert raised.value.field == "pool"


def test_choose_repeats_a_source_without_overlap_where_sources_do_not_suffice():
    boxes = [WHOLE, (1.0, 1.0, 11.0, 11.0), (9.0, 9.0, 19.0, 19.0)]
    pool = natural([3, 2, 1], ["a", "a", "a"], boxes)

    assert choose(pool, counts={"max": 2}) == {"max": [0, 2]}


def test_choose_refuses_more_than_the_pool_carries():
    with pytest.raises(InputError, match="2 max") as raised:
        choose(natural([3, 2, 1], ["a", "a", "b"]), counts={"max": 3})

    assert raised.value.field == "pool"


@given(
    st.lists(
        st.tuples(st.floats(-1, 1), st.integers(0, 3), st.floats(0, 5), st.floats(0, 5), st.floats(1, 5)), min_size=4, max_size=40
    ),
    st.integers(1, 2),
)
def test_choose_never_breaks_its_promise(images: list, count: int):
    boxes = [(left, top, left + side, top + side) for _, _, left, top, side in images]
    pool = natural([image[0] for image in images], [str(image[1]) for image in images], boxes)
    try:
        chosen = choose(pool, counts={"max": count, "min": count})
    except InputError:
        return

    everything = [*chosen["max"], *chosen["min"]]
    assert len(set(everything)) == 2 * count
    assert repeats([(pool.sources[i], pool.boxes[i]) for i in everything])["violations"] == 0
    if pool.source_count >= 2 * count:
        assert len({pool.sources[i] for i in everything}) == 2 * count
    values = pool.activations[chosen["max"]].tolist()
    assert values == sorted(values, reverse=True)


def test_repeats_counts_pairs():
    images = [("a", WHOLE), ("a", (0.0, 0.0, 10.0, 9.0)), ("a", (8.0, 8.0, 18.0, 18.0)), ("b", WHOLE)]

    # Of six pairs three share a source; the crops of one pair share 90 %, of the others less than MAX_OVERLAP.
    assert len(list(combinations(images, 2))) == 6
    assert repeats(images) == {"shared_sources": 3 / 6, "violations": 1 / 6}
    assert MAX_OVERLAP == 0.2
