from pathlib import Path

import numpy as np
import pytest

from experiments.contract.errors import InputError
from experiments.datasets import stamps as stamp_files
from experiments.datasets.scenes.stamp_scenes import StampScenes

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(not stamp_files.FOLDER.is_dir(), reason="tuxpaint-stamps-default is not installed"),
]


def test_scene_follows_from_seed_and_index_alone() -> None:
    kind = StampScenes(stamps=6)

    together, alone = kind.render(6, seed=3), kind.render(2, seed=3, first=4)

    assert np.array_equal(together.images[4:], alone.images)
    assert np.array_equal(together.labels[4:], alone.labels)


def test_objects_lie_on_the_background_and_nothing_else_does() -> None:
    plain, photograph = (StampScenes(stamps=6, background=ground).render(8, seed=3) for ground in ("plain", "photograph"))
    outside = plain.labels == 0

    grays = [np.unique(image[mask], axis=0, return_counts=True) for image, mask in zip(plain.images, outside, strict=True)]

    for colors, counts in grays:
        # What is no object is the one gray, but for soft edges.
        most = colors[counts.argmax()]
        assert len(set(most)) == 1
        assert counts.max() > 0.8 * counts.sum()
    assert (plain.labels.max(axis=(1, 2)) == 3).all()
    assert photograph.images.std(axis=(1, 2)).mean() > plain.images.std(axis=(1, 2)).mean()


def test_missing_stamps_are_an_error_that_names_the_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("experiments.datasets.scenes.stamp_scenes.stamps", lambda: stamp_files.stamps(tmp_path / "none"))

    with pytest.raises(InputError, match="tuxpaint-stamps-default"):
        StampScenes(stamps=5).render(1, seed=0)
