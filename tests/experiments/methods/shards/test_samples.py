"""What is in a shard: the samples that the webdataset library reads, and what stands before a break."""

import hashlib
import tarfile
from pathlib import Path

import numpy as np
import pytest
import webdataset

from experiments.contract.errors import InputError
from experiments.contract.recipes import ShardContents
from experiments.methods.shards.contents import Contents
from experiments.methods.shards.listed import Listed
from experiments.methods.shards.samples import samples
from tests.experiments.methods.shards.planted import dealt, listing, sample, write_shard
from tests.experiments.methods.workshops import new_workshop

pytestmark = pytest.mark.unit
LONG = "a-folder-with-a-long-name/" * 5


def made(count: int) -> dict[str, dict[str, bytes]]:
    """Contents that are no images, which nobody decodes here; one sample has no image, one a key that needs a longer header."""
    keys = [f"{LONG}{number:03d}" if number == 1 else f"part/{number:03d}" for number in range(count)]
    files = {key: dict(sample(key, bytes([number]) * (100 + 300 * number))) for number, key in enumerate(keys)}
    del files[keys[2]]["jpg"]
    return files


def test_samples_are_those_of_the_webdataset_library(tmp_path: Path):
    path = write_shard(
        tmp_path / "a.tar", made(5) | {"__meta__/info": {"json": b"{}"}, "part/with.dots": {"cls.txt": b"1", "PNG": b"2"}}
    )
    workshop = new_workshop(tmp_path / "store")
    expected = list(webdataset.WebDataset(str(path), shardshuffle=False, empty_check=False))

    made_of = workshop.obtain(ShardContents.at(path))
    contents = Contents.of(made_of, store=workshop.store)

    images = [next((one[kind] for kind in one if kind.endswith(("jpg", "png"))), b"") for one in expected]
    assert list(contents.keys) == [one["__key__"] for one in expected]
    assert [hashlib.sha256(image).digest() if image else bytes(32) for image in images] == [
        row.tobytes() for row in contents.sha256
    ]
    content = path.read_bytes()
    assert [content[at : at + length] for at, length in contents.images] == images
    assert made_of.values == {
        "samples": len(expected),
        "without_image": 1,
        "image_bytes": sum(map(len, images)),
        "broken": "",
        "images_lost": 0,
    }


def test_bytes_of_samples_with_an_end_are_a_tar_file_of_them(tmp_path: Path):
    path = write_shard(tmp_path / "a.tar", made(4))
    found, _ = samples(path)
    content = path.read_bytes()

    (tmp_path / "b.tar").write_bytes(b"".join(content[one.start : one.stop] for one in found[1:3]) + bytes(1024))

    with tarfile.open(path) as old, tarfile.open(tmp_path / "b.tar") as new:
        wanted = [member for member in old.getmembers() if Path(member.name).name.startswith(("001", "002"))]
        assert [member.get_info() for member in new.getmembers()] == [member.get_info() for member in wanted]


@pytest.mark.parametrize(
    ("cut", "whole", "lost"), [("in the image", 3, 1), ("after the image", 3, 1), ("after the sample", 4, 0)]
)
def test_broken_shard_gives_the_whole_samples_before_the_break(tmp_path: Path, cut: str, whole: int, lost: int):
    files = {f"{number:03d}": sample(f"{number:03d}", bytes([number]) * 700) for number in range(5)}
    path = write_shard(tmp_path / "a.tar", files)
    found, _ = samples(path)
    last = found[3]
    assert last.image is not None
    at = {"in the image": last.image[0] + 10, "after the image": last.image[0] + 1024, "after the sample": last.stop}[cut]
    with path.open("r+b") as file:
        file.truncate(at)

    rest, broken = samples(path)

    assert [one.key for one in rest] == [f"{number:03d}" for number in range(whole)]
    assert broken is not None
    assert broken.images_lost == lost


def test_shards_without_one_sample_are_an_error_that_says_what_is_wrong_with_the_first(tmp_path: Path):
    (tmp_path / "a.tar").write_bytes(b"this is no tar file" * 100)
    workshop = new_workshop(tmp_path / "store")

    with pytest.raises(InputError, match="cannot be read from byte 0 on") as caught:
        Listed.of(listing([tmp_path / "a.tar"], workshop), workshop)

    assert caught.value.field == "shards"


def test_unreadable_shard_among_others_is_told(tmp_path: Path):
    good, bad = dealt(tmp_path, made(4), shards=1)[0], tmp_path / "bad.tar"
    bad.write_bytes(b"this is no tar file" * 100)
    workshop = new_workshop(tmp_path / "store")

    listed = Listed.of(listing([bad, good], workshop), workshop)

    assert len(listed) == 4
    assert [one["shard"] for one in listed.lost["broken"]] == [str(bad)]
    assert listed.keys(np.array([3, 0])) == {0: "part/000", 3: "part/003"}


def test_key_in_two_shards_is_an_error_that_names_both(tmp_path: Path):
    paths = [
        write_shard(tmp_path / name, {key: sample(key, b"1"), "twice": sample("twice", b"2")})
        for name, key in (("a.tar", "x"), ("b.tar", "y"))
    ]
    workshop = new_workshop(tmp_path / "store")

    with pytest.raises(InputError, match=r"the key twice is in .*a\.tar and in .*b\.tar"):
        Listed.of(listing(paths, workshop), workshop)


def test_key_twice_in_a_shard_is_an_error(tmp_path: Path):
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        for name in ("x.jpg", "y.jpg", "x.jpg"):
            archive.addfile(tarfile.TarInfo(name))

    with pytest.raises(InputError, match="two samples with the key x"):
        samples(tmp_path / "a.tar")


def test_shard_that_changed_since_it_was_listed_is_an_error(tmp_path: Path):
    path = write_shard(tmp_path / "a.tar", made(3))
    recipe = ShardContents.at(path)
    write_shard(path, made(4))

    with pytest.raises(InputError, match="changed since it was listed"):
        new_workshop(tmp_path / "store").obtain(recipe)


def test_missing_shard_is_an_error(tmp_path: Path):
    with pytest.raises(InputError, match="cannot be opened"):
        ShardContents.at(tmp_path / "none.tar")


@pytest.mark.parametrize(("name", "shown"), [(b"b\xe9b\xe9.jpg", r"'b\\udce9b\\udce9'"), (b"two\nlines.jpg", r"'two\\nlines'")])
def test_key_that_is_no_line_of_text_is_an_error_that_names_it(tmp_path: Path, name: bytes, shown: str):
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        archive.addfile(tarfile.TarInfo(name.decode(errors="surrogateescape")))

    with pytest.raises(InputError, match=rf"a\.tar has a sample with the key {shown}") as caught:
        samples(tmp_path / "a.tar")

    assert caught.value.field == "shards"


def test_shard_that_breaks_inside_its_first_sample_gives_none(tmp_path: Path):
    path = write_shard(tmp_path / "a.tar", {"000": sample("000", b"1" * 700)})
    with path.open("r+b") as file:
        file.truncate(512 + 1024)

    found, broken = samples(path)

    assert found == []
    assert broken is not None
    assert broken.images_lost == 1
