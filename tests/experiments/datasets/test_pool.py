"""Pools of natural images."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from experiments.contract.errors import InputError
from experiments.datasets.images import read_image
from experiments.datasets.photographs import photographs
from experiments.datasets.pool import open_pool
from experiments.datasets.stamps import FOLDER, stamps

pytestmark = pytest.mark.unit

needs_stamps = pytest.mark.skipif(not FOLDER.is_dir(), reason="tuxpaint-stamps-default is not installed")


def test_pool_spreads_its_size_evenly_over_the_sources():
    pool = open_pool("photographs", size=123, seed=1)

    counts = Counter(source.name for source, _ in pool.variants)

    assert len(counts) == 10
    assert sorted(counts.values()) == [12] * 7 + [13] * 3


def test_pool_draws_sources_where_there_are_more_than_it_may_hold():
    names = [{source.name for source, _ in open_pool("photographs", size=4, seed=seed).variants} for seed in range(9)]

    assert {len(drawn) for drawn in names} == {4}
    assert len(set.union(*names)) == 10


def test_pool_is_fixed_by_its_seed():
    first, again, other = (open_pool("photographs", size=40, seed=seed).read(7, side=32) for seed in (1, 1, 2))

    assert np.array_equal(first.pixels, again.pixels)
    assert first.box == again.box != other.box


def test_crops_lie_inside_their_photographs_at_several_scales():
    pool = open_pool("photographs", size=120, seed=3)
    shares = set()
    for index, (source, _) in enumerate(pool.variants):
        width, height = read_image(source.path, field="pool").size
        left, top, right, bottom = pool.read(index, side=32).box
        assert 0 <= left < right <= width
        assert 0 <= top < bottom <= height
        shares.add(round((right - left) / min(width, height), 2))

    assert shares == {0.35, 0.5, 0.75, 1.0}


@needs_stamps
def test_stamps_are_photographic_objects_once_each():
    names = [source.name for source in stamps()]

    assert 380 < len(names) < 430
    assert len(set(names)) == len(names)
    assert not [name for name in names if "cartoon" in name or "symbols" in name or "flags" in name or name.endswith("_mirror")]


@needs_stamps
def test_stamps_stand_whole_on_plain_varied_grays():
    pool = open_pool("stamps", size=1600, seed=1)
    grays = set()
    for index in range(0, 80):
        source, _ = pool.variants[index]
        width, height = read_image(source.path, field="pool").size
        image = pool.read(index, side=64)
        left, top, right, bottom = image.box
        assert left <= 0
        assert top <= 0
        assert right >= width
        assert bottom >= height
        corners = image.pixels[[0, 0, -1, -1], [0, -1, 0, -1]]
        grays.add(Counter(map(tuple, corners.tolist())).most_common(1)[0][0])

    assert all(len(set(gray)) == 1 for gray in grays)
    assert len(grays) > 20


def test_stamps_say_how_to_get_them(tmp_path: Path):
    with pytest.raises(InputError, match="apt-get install tuxpaint-stamps-default"):
        stamps(tmp_path / "none")


def test_folder_gives_each_image_once(tmp_path: Path):
    (tmp_path / "below").mkdir()
    for name in ("b.png", "below/a.jpg", "c.txt"):
        Image.new("RGB", (64, 48), (10, 20, 30)).save(tmp_path / name, format="PNG")

    pool = open_pool(str(tmp_path), size=100, seed=1)

    assert [pool.read(i, side=32).source for i in range(len(pool))] == ["b.png", "below/a.jpg"]
    assert pool.read(0, side=32).box == (11, 3, 53, 45)


def test_folder_names_the_image_that_cannot_be_read(tmp_path: Path):
    (tmp_path / "broken.png").write_bytes(b"no image")

    with pytest.raises(InputError, match=r"broken\.png") as raised:
        open_pool(str(tmp_path), size=100, seed=1).read(0, side=32)

    assert raised.value.field == "pool"


@pytest.mark.parametrize("name", ["nothing", "photographs+nothing", ""])
def test_pool_refuses_an_unknown_name(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)

    with pytest.raises(InputError) as raised:
        open_pool(name, size=10, seed=1)

    assert raised.value.field == "pool"


def test_named_pool_refuses_more_images_than_it_can_make():
    most = 512 * len(photographs())

    with pytest.raises(InputError) as raised:
        open_pool("photographs", size=most + 1, seed=1)

    assert len(open_pool("photographs", size=most, seed=1)) == most
    assert raised.value.field == "pool_size"
    assert f"Give at most {most}" in raised.value.remedy
