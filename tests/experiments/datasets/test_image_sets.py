"""Sets of images to learn from: what is held out, what the classes are, and what is refused."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from experiments.contract.errors import InputError
from experiments.datasets.image_sets import (
    NO_CLASS,
    SMALLEST_CLASS,
    cifar10,
    image_folders,
    packaged_images,
    stamps_are_installed,
)

pytestmark = pytest.mark.integration


def put_image(path: Path, *, level: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (40, 32), (level, 0, 0)).save(path)


def test_a_photograph_is_held_out_with_all_its_crops():
    found = packaged_images(photographs=40, stamps=0, side=16, seed=0)

    seen, unseen = ({found.sources[index] for index in found.indices(held_out=held_out)} for held_out in (False, True))
    assert seen.isdisjoint(unseen)
    assert (len(seen), len(unseen)) == (8, 2)
    assert found.read(torch.tensor([3, 0])).shape == (2, 3, 16, 16)
    assert len(found.indices(held_out=True, labeled=True)) == 0


def test_the_class_of_a_stamp_is_its_folder():
    if not stamps_are_installed():
        pytest.skip("tuxpaint-stamps-default is not installed")
    found = packaged_images(photographs=10, stamps=398, side=16, seed=0)

    named = [(source, label) for source, label in zip(found.sources, found.labels, strict=True) if label != NO_CLASS]
    assert all(source.startswith(f"{found.classes[label]}/") for source, label in named)
    assert "animals" in found.classes
    assert all(sum(label == number for _, label in named) >= SMALLEST_CLASS for number in range(len(found.classes)))
    assert {found.classes[found.labels[index]] for index in found.indices(held_out=True, labeled=True)} == set(found.classes)


def test_folders_of_classes_are_read_as_they_are_needed(tmp_path: Path):
    for part, count in (("train", 3), ("val", 2)):
        for level, name in ((60, "cat"), (200, "dog")):
            for number in range(count):
                put_image(tmp_path / part / name / f"{number}.png", level=level)

    found = image_folders(str(tmp_path), side=16)

    assert found.classes == ("cat", "dog")
    np.testing.assert_array_equal(found.held_out, [False] * 6 + [True] * 4)
    chosen = found.indices(held_out=True)
    np.testing.assert_array_equal(found.read(chosen)[:, 0, 8, 8] == 200, found.labels[chosen] == 1)


def test_what_is_no_data_set_is_refused(tmp_path: Path):
    put_image(tmp_path / "train" / "cat" / "0.png", level=9)
    for call in (lambda: cifar10(str(tmp_path)), lambda: image_folders(str(tmp_path), side=16)):
        with pytest.raises(InputError) as caught:
            call()
        assert caught.value.field == "images"

    put_image(tmp_path / "val" / "dog" / "0.png", level=9)
    with pytest.raises(InputError, match="not in train, such as dog"):
        image_folders(str(tmp_path), side=16)
