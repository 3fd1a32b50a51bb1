"""KITTI Masks from files of the published format, and from files that are none."""

import os
import pickle
from pathlib import Path

import numpy as np
import pytest

from experiments.contract.errors import InputError
from experiments.datasets.kitti_masks import FILE, read_kitti_masks
from tests.experiments.datasets.published_sets import write_masks

pytestmark = pytest.mark.unit


class Malicious:
    """Calls a function of the operating system when it is unpickled."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (str(self.folder),)


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_the_published_file_is_read_whatever_its_protocol(tmp_path, protocol):
    masks, factors = write_masks(tmp_path, protocol=protocol)

    read = read_kitti_masks(tmp_path)

    # The sequence of one frame has no pair.
    kept = [number for number, sequence in enumerate(masks) if len(sequence) > 1]
    assert len(kept) == len(masks) - 1
    for number, mask, factor in zip(kept, read.masks, read.factors, strict=True):
        np.testing.assert_array_equal(mask, masks[number])
        np.testing.assert_array_equal(factor, factors[number])


def test_a_pair_is_of_one_sequence_and_ends_with_it(tmp_path):
    write_masks(tmp_path)
    read = read_kitti_masks(tmp_path / FILE)
    lengths = [len(sequence) for sequence in read.masks]

    starts = [read.place(start) for start in range(read.starts)]

    assert starts == [(number, frame) for number, length in enumerate(lengths) for frame in range(length - 1)]
    for start, (number, frame) in enumerate(starts):
        first, second = read.pair(start, ahead=3)
        np.testing.assert_array_equal(first, read.masks[number][frame])
        np.testing.assert_array_equal(second, read.masks[number][min(frame + 3, lengths[number] - 1)])


def test_nothing_that_a_file_holds_is_run(tmp_path):
    planted = tmp_path / "planted"
    content = {"pedestrians": Malicious(planted), "pedestrians_latents": []}
    (tmp_path / FILE).write_bytes(pickle.dumps(content))

    with pytest.raises(InputError) as refused:
        read_kitti_masks(tmp_path)

    assert refused.value.field == "kitti"
    assert "mkdir" in refused.value.message
    assert not planted.exists()


@pytest.mark.parametrize(
    "content",
    [
        b"not a pickle",
        pickle.dumps([1, 2]),
        pickle.dumps({"pedestrians": [np.zeros((3, 64, 64))]}),
        pickle.dumps({"pedestrians": [np.zeros((3, 64, 64))], "pedestrians_latents": [np.zeros((2, 3))]}),
        pickle.dumps({"pedestrians": [], "pedestrians_latents": []}),
        pickle.dumps({"pedestrians": 3, "pedestrians_latents": [np.zeros((3, 3))]}),
        pickle.dumps({"pedestrians": [np.zeros((3, 64, 64))], "pedestrians_latents": [np.full((3, 3), np.nan)]}),
        pickle.dumps({"pedestrians": [np.zeros((3, 64, 64))], "pedestrians_latents": [np.full((3, 3), "one")]}),
        pickle.dumps({"pedestrians": [np.full((3, 64, 64), None)], "pedestrians_latents": [np.zeros((3, 3))]}),
        pickle.dumps({"pedestrians": [np.zeros((3, 32, 32))], "pedestrians_latents": [np.zeros((3, 3))]}),
        pickle.dumps({"pedestrians": [np.zeros((1, 64, 64))], "pedestrians_latents": [np.zeros((1, 3))]}),
    ],
    ids=["text", "list", "no factors", "too few", "empty", "number", "no number", "texts", "objects", "size", "one frame each"],
)
def test_a_file_that_is_not_the_published_one_is_refused(tmp_path, content):
    (tmp_path / FILE).write_bytes(content)

    with pytest.raises(InputError) as refused:
        read_kitti_masks(tmp_path)

    assert refused.value.field == "kitti"


def test_masks_are_where_a_picture_is_not_black(tmp_path):
    pictures = np.zeros((2, 64, 64))
    pictures[:, 10:20, 10:20], pictures[:, 30:40, 30:40] = 255, 0.5
    content = {"pedestrians": [pictures], "pedestrians_latents": [np.zeros((2, 3))]}
    (tmp_path / FILE).write_bytes(pickle.dumps(content))

    (mask,) = read_kitti_masks(tmp_path).masks

    np.testing.assert_array_equal(mask, pictures > 0)


def test_damage_of_any_byte_is_read_or_refused(tmp_path):
    write_masks(tmp_path)
    whole = (tmp_path / FILE).read_bytes()
    rng = np.random.default_rng(0)
    # Most bytes are pixels; what directs the reader stands between the arrays.
    directing = [place for place, byte in enumerate(whole) if byte > 1]
    refused = []

    for place in rng.choice(directing, size=300):
        damaged = bytearray(whole)
        damaged[place] = rng.integers(256)
        (tmp_path / FILE).write_bytes(damaged[: len(whole) if place % 3 else place])
        try:
            read_kitti_masks(tmp_path)
        except InputError as error:
            refused.append(error.field)

    assert len(refused) > 100
    assert set(refused) == {"kitti"}


def test_a_path_without_the_file_says_where_it_is_to_be_had(tmp_path):
    with pytest.raises(InputError) as refused:
        read_kitti_masks(tmp_path / "nowhere")

    assert "zenodo.org/record/3931823" in refused.value.remedy
