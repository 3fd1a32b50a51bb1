"""Selections are exact, nested, and follow from keys and seed alone; lists that do not fit are errors."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2

from experiments.contract.artifacts import Manifest
from experiments.contract.errors import InputError
from experiments.contract.recipes import ShardSelection
from experiments.methods.shards.contents import key_digests
from experiments.methods.shards.listed import Listed
from experiments.methods.shards.selection import first, split
from experiments.workshop import LocalWorkshop
from tests.experiments.methods.shards.planted import dealt, listing, sample
from tests.experiments.methods.workshops import new_workshop

pytestmark = pytest.mark.unit
COUNT = 60
KEYS = [f"{number:03d}" for number in range(COUNT)]
NATURAL, RENDITION = KEYS[:40], KEYS[40:55]


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> LocalWorkshop:
    return new_workshop(tmp_path_factory.mktemp("store"))


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return dealt(tmp_path_factory.mktemp("shards"), {key: sample(key, key.encode()) for key in KEYS}, shards=4)


def select(
    paths: list[Path], workshop: LocalWorkshop, *, lists: Sequence[tuple[list[str], float]] = (), size: int = 0, seed: int = 0
) -> Manifest:
    given = tuple({"sha256": workshop.store.write_blob("\n".join(keys).encode()), "share": share} for keys, share in lists)
    return workshop.obtain(ShardSelection(listing=listing(paths, workshop), lists=given, size=size, seed=seed))


def keys_of(made: Manifest, workshop: LocalWorkshop, tmp_path: Path) -> list[str]:
    (tmp_path / "chosen.npy").write_bytes(workshop.store.read_blob(made.file("chosen").sha256))
    listed = Listed.of(made.recipe["listing"], workshop)
    places = np.load(tmp_path / "chosen.npy")
    samples = listed.offsets[places[:, 0]] + places[:, 1]
    return [listed.keys(samples)[int(one)] for one in samples]


def test_smaller_mix_of_a_seed_is_part_of_a_larger_one(paths: list[Path], workshop: LocalWorkshop, tmp_path: Path):
    chosen = [
        keys_of(select(paths, workshop, lists=[(NATURAL, 3), (RENDITION, 1)], size=size, seed=7), workshop, tmp_path)
        for size in (8, 20, 32, 48)
    ]

    counts = [(len(set(keys) & set(NATURAL)), len(set(keys) & set(RENDITION))) for keys in chosen]
    assert counts == [(6, 2), (15, 5), (24, 8), (36, 12)]
    assert [len(keys) for keys in chosen] == [8, 20, 32, 48]
    assert set(chosen[0]) < set(chosen[1]) < set(chosen[2]) < set(chosen[3])


def test_choice_follows_from_keys_and_seed_not_from_the_order_of_shards(
    paths: list[Path], workshop: LocalWorkshop, tmp_path: Path
):
    one, turned, other = (
        keys_of(select(order, workshop, size=20, seed=seed), workshop, tmp_path)
        for order, seed in ((paths, 1), (paths[::-1], 1), (paths, 2))
    )

    assert set(one) == set(turned)
    assert set(one) != set(other)


def test_every_sample_is_as_likely_as_any_other():
    digests = key_digests(KEYS)

    chosen = np.stack([first(np.arange(COUNT), count=30, digests=digests, seed=seed) for seed in range(400)])

    # Chi-square of the times that each is taken of 400; without replacement each is half of that of a multinomial.
    times = np.bincount(chosen.ravel(), minlength=COUNT)
    statistic = ((times - 200) ** 2 / 100).sum() * (COUNT - 1) / COUNT
    assert 0.001 < chi2.sf(statistic, COUNT - 1) < 0.999


def test_lists_without_a_size_are_taken_whole(paths: list[Path], workshop: LocalWorkshop, tmp_path: Path):
    made = select(paths, workshop, lists=[(RENDITION, 1), (KEYS[55:], 1)])

    assert sorted(keys_of(made, workshop, tmp_path)) == KEYS[40:]
    assert made.values["counts"] == [15, 5]


@pytest.mark.parametrize(
    ("lists", "size", "message"),
    [
        ([(NATURAL, 1), (RENDITION, 1)], 40, "20 samples of list 2 are asked for, and it has 15"),
        ([], 61, "61 samples of the shards are asked for, and it has 60"),
        ([([*NATURAL, "nobody", "noone"], 1)], 10, "2 of its 42 keys are in no shard, the first of them 'nobody'"),
        ([(["001", "002", "001"], 1)], 0, "the key '001' is twice in a list"),
        ([(NATURAL, 1), (["039", "050"], 1)], 0, "1 keys are in two lists, the first of them '039'"),
    ],
)
def test_lists_that_do_not_fit_are_errors(
    paths: list[Path], workshop: LocalWorkshop, lists: list[tuple[list[str], float]], size: int, message: str
):
    with pytest.raises(InputError) as caught:
        select(paths, workshop, lists=lists, size=size)

    assert message in caught.value.message


@pytest.mark.parametrize("size", [1, 7, 100, 57_000_000])
def test_split_adds_up_and_is_within_one_of_the_ratio(size: int):
    shares = np.array([44.0, 13.0, 0.1])

    counts = split(size, shares=shares.tolist())

    assert sum(counts) == size
    assert np.abs(np.array(counts) - size * shares / shares.sum()).max() < 1


def test_published_mix_is_split_exactly():
    assert split(57_000_000, shares=[44.0, 13.0]) == [44_000_000, 13_000_000]


@settings(max_examples=60, deadline=None)
@given(shares=st.lists(st.floats(1e-3, 1e3), min_size=3, max_size=6), size=st.integers(1, 10**6))
def test_split_of_many_lists_is_exact_and_nested(shares: list[float], size: int):
    counts = np.array([split(size + more, shares=shares) for more in range(4)])

    assert counts.sum(axis=1).tolist() == [size, size + 1, size + 2, size + 3]
    assert (np.diff(counts, axis=0) >= 0).all()


def test_split_gives_each_sample_to_the_list_that_is_furthest_behind():
    shares = [6, 6, 2]
    counts = np.zeros(3, int)

    for size in range(1, 60):
        counts[np.argmax(np.array(shares) / (2 * counts + 1))] += 1
        assert split(size, shares=shares) == counts.tolist()


def test_mix_of_three_lists_is_nested(paths: list[Path], workshop: LocalWorkshop, tmp_path: Path):
    lists = [(KEYS[:20], 6.0), (KEYS[20:40], 6.0), (KEYS[40:], 2.0)]

    ten, eleven = (set(keys_of(select(paths, workshop, lists=lists, size=size, seed=3), workshop, tmp_path)) for size in (10, 11))

    assert (len(ten), len(eleven)) == (10, 11)
    assert ten < eleven


def test_keys_with_spaces_are_found(workshop: LocalWorkshop, tmp_path: Path):
    keys = ["a b", "a", "b", " c"]
    shards = dealt(tmp_path / "spaces", {key: sample(key, key.encode()) for key in keys}, shards=1)

    made = select(shards, workshop, lists=[(["a b", "", " c"], 1)])

    assert keys_of(made, workshop, tmp_path) == ["a b", " c"]


def test_list_that_is_no_text_is_an_error(paths: list[Path], workshop: LocalWorkshop):
    sha256 = workshop.store.write_blob(b"001\n\xff\n")

    with pytest.raises(InputError, match="list 1 is no UTF-8 text from byte 4 on") as caught:
        workshop.obtain(ShardSelection(listing=listing(paths, workshop), lists=({"sha256": sha256, "share": 1},)))

    assert caught.value.field == "mix"


@pytest.mark.parametrize("share", [float("inf"), float("nan"), 0, -1, "much"])
def test_share_that_is_no_positive_number_is_an_error(share: float | str):
    with pytest.raises(InputError) as caught:
        ShardSelection(listing="0" * 64, lists=({"sha256": "0" * 64, "share": share},), size=5)

    assert caught.value.field == "lists"


def test_shares_without_a_size_are_an_error():
    lists = tuple({"sha256": "0" * 64, "share": share} for share in (3, 1))

    with pytest.raises(InputError, match="no size is given") as caught:
        ShardSelection(listing="0" * 64, lists=lists)

    assert caught.value.field == "size"
