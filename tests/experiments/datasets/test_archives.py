"""Pools in tar files: the images of a folder of the same files; broken ones give what stands before the break."""

import io
import tarfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from experiments.contract.errors import InputError
from experiments.datasets.archives import expand
from experiments.datasets.listing import as_records, from_records
from experiments.datasets.pool import open_pool

pytestmark = pytest.mark.unit
COUNT = 4


def photograph(number: int) -> bytes:
    content, rng = io.BytesIO(), np.random.default_rng(number)
    Image.fromarray(rng.integers(0, 256, size=(48, 64, 3), dtype=np.uint8)).save(content, format="PNG")
    return content.getvalue()


def write_shard(path: Path, *, first: int, count: int = COUNT) -> None:
    """As WebDataset writes them: for each sample an image and its class."""
    with tarfile.open(path, "w") as archive:
        for number in range(first, first + count):
            for suffix, content in (("cls", b"7"), ("png", photograph(number))):
                member = tarfile.TarInfo(f"{number:04d}.{suffix}")
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content))


@pytest.fixture
def shards(tmp_path: Path) -> Path:
    for number in range(3):
        write_shard(tmp_path / f"train-{number:02d}.tar", first=number * COUNT)
    return tmp_path


def members(path: Path) -> list[tarfile.TarInfo]:
    with tarfile.open(path) as archive:
        return archive.getmembers()


@pytest.mark.parametrize(
    ("pattern", "count", "last"),
    [
        ("/data/train-{000000..000146}.tar", 147, "/data/train-000146.tar"),
        ("/data/{train,val}-{0..1}.tar", 4, "/data/val-1.tar"),
        ("/data/one.tar", 1, "/data/one.tar"),
    ],
)
def test_braces_stand_for_paths(pattern: str, count: int, last: str):
    paths = expand(pattern)

    assert (len(set(paths)), str(paths[-1])) == (count, last)


@pytest.mark.parametrize("pool", ["", "/train-{00..02}.tar"])
def test_tar_files_give_the_images_of_a_folder(shards: Path, pool: str, tmp_path_factory: pytest.TempPathFactory):
    folder = tmp_path_factory.mktemp("folder")
    for number in range(3 * COUNT):
        (folder / f"{number:04d}.png").write_bytes(photograph(number))

    packed, loose = (open_pool(name, size=100, seed=1) for name in (f"{shards}{pool}", str(folder)))

    assert packed.skipped == ()
    assert len(packed) == len(loose) == 3 * COUNT
    assert packed.read(5, side=32).source == "train-01.tar/0005.png"
    for index in range(len(loose)):
        assert np.array_equal(packed.read(index, side=32).pixels, loose.read(index, side=32).pixels)


def test_shard_cut_off_within_an_image_gives_those_before_it(shards: Path):
    broken = shards / "train-01.tar"
    third = members(broken)[5]
    broken.write_bytes(broken.read_bytes()[: third.offset_data + 100])

    pool = open_pool(str(shards), size=100, seed=1)

    (skipped,) = pool.skipped
    assert (skipped.shard, skipped.images_lost) == (str(broken), 1)
    assert "cut off" in skipped.reason or "unexpected end" in skipped.reason
    assert [source.name for source, _ in pool.variants if "01.tar" in source.name] == [
        f"train-01.tar/{n:04d}.png" for n in (4, 5)
    ]
    assert len(pool) == 2 * COUNT + 2


def test_shard_with_a_broken_header_counts_the_images_behind_it(shards: Path):
    broken, content = shards / "train-00.tar", bytearray((shards / "train-00.tar").read_bytes())
    second = members(broken)[2]
    content[second.offset : second.offset + 100] = b"\xff" * 100
    broken.write_bytes(content)

    pool = open_pool(str(shards), size=100, seed=1)

    (skipped,) = pool.skipped
    # The damaged header is that of a class; three images can still be recognized.
    assert (skipped.images_lost, len(pool)) == (3, 1 + 2 * COUNT)
    assert f"broken at byte {second.offset}" in skipped.reason


def test_shard_that_is_missing_is_reported(shards: Path):
    pool = open_pool(f"{shards}/train-{{00..03}}.tar", size=100, seed=1)

    assert [(Path(one.shard).name, one.reason) for one in pool.skipped] == [("train-03.tar", "does not exist")]


@pytest.mark.parametrize("content", [b"", b"no archive" * 100])
def test_no_image_in_any_shard_is_an_error(tmp_path: Path, content: bytes):
    (tmp_path / "a.tar").write_bytes(content)

    with pytest.raises(InputError, match="no images") as raised:
        open_pool(str(tmp_path), size=10, seed=1)

    assert raised.value.field == "pool"


@pytest.mark.parametrize("name", ["photographs", "archives"])
def test_listed_parts_are_the_pool(shards: Path, name: str):
    name = str(shards) if name == "archives" else name
    pool = open_pool(name, size=11, seed=4)

    parts = [from_records(records, name=name, seed=4) for records in as_records(pool, name=name, size=4)]

    assert [len(part) for part in parts] == [4, 4, 3]
    for index in (0, 10):
        listed, whole = parts[index // 4].read(index % 4, side=32), pool.read(index, side=32)
        assert (listed.source, listed.box) == (whole.source, whole.box)
        assert np.array_equal(listed.pixels, whole.pixels)
