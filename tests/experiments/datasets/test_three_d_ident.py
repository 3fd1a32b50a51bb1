"""3DIdent from a folder of the published format, its pairs against a search of all images, and folders that are none."""

import numpy as np
import pytest

from experiments.contract.errors import InputError
from experiments.datasets.three_d_ident import read_three_d_ident
from tests.experiments.datasets.published_sets import write_identified

pytestmark = pytest.mark.unit


def test_images_belong_to_their_factors(tmp_path):
    write_identified(tmp_path)
    read = read_three_d_ident(tmp_path, part="test")

    images = read.images([3, 11], side=16)

    assert images.shape == (2, 16, 16, 3)
    np.testing.assert_array_equal(images[:, 0, 0], (127 * (1 + read.factors[[3, 11], :3])).astype(int))


def test_pairs_are_the_nearest_images_and_never_an_image_with_itself(tmp_path):
    write_identified(tmp_path)
    read = read_three_d_ident(tmp_path, part="train")
    seen = []

    def around(points: np.ndarray) -> np.ndarray:
        seen.append(points)
        return points + 0.01

    firsts, seconds = read.pairs(50, around=around, rng=np.random.default_rng(1))

    def ranked(points: np.ndarray) -> np.ndarray:
        return np.argsort(((points[:, None] - read.factors[None]) ** 2).sum(axis=2), axis=1)

    np.testing.assert_array_equal(firsts, ranked(seen[0])[:, 0])
    order = ranked(seen[0] + 0.01)
    np.testing.assert_array_equal(seconds, np.where(order[:, 0] == firsts, order[:, 1], order[:, 0]))
    assert (firsts != seconds).all()


def test_a_folder_that_is_not_the_set_is_refused(tmp_path):
    with pytest.raises(InputError) as refused:
        read_three_d_ident(tmp_path, part="train")

    assert refused.value.field == "three_d_ident"
    assert "zenodo.org/record/4502485" in refused.value.remedy


def test_an_image_without_factors_is_told(tmp_path):
    write_identified(tmp_path)
    (tmp_path / "train" / "images" / "07.png").unlink()

    with pytest.raises(InputError) as refused:
        read_three_d_ident(tmp_path, part="train")

    assert "23 numbered images" in refused.value.message


@pytest.mark.parametrize("factors", [np.zeros((24, 11)), np.zeros(24)], ids=["periodic", "flat"])
def test_factors_of_another_set_are_refused(tmp_path, factors):
    write_identified(tmp_path)
    np.save(tmp_path / "train" / "raw_latents.npy", factors)

    with pytest.raises(InputError) as refused:
        read_three_d_ident(tmp_path, part="train")

    assert str(factors.shape) in refused.value.message


def test_a_pickled_array_is_not_read(tmp_path):
    write_identified(tmp_path)
    np.save(tmp_path / "train" / "raw_latents.npy", np.array([{}], dtype=object), allow_pickle=True)

    with pytest.raises(InputError) as refused:
        read_three_d_ident(tmp_path, part="train")

    assert refused.value.field == "three_d_ident"
