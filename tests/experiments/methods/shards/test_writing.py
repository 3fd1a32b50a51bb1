"""New shards hold the samples of the old ones byte by byte; a folder is gone on with, and never mixed with something else."""

import hashlib
import json
import os
import tarfile
from pathlib import Path

import pytest

from experiments.contract.artifacts import Manifest
from experiments.contract.errors import InputError
from experiments.contract.recipes import ShardSelection
from experiments.methods.shards.writing import Written, write_selection
from experiments.workshop import LocalWorkshop
from tests.experiments.methods.shards.planted import dealt, listing, sample
from tests.experiments.methods.workshops import new_workshop

pytestmark = pytest.mark.unit


@pytest.fixture
def workshop(tmp_path: Path) -> LocalWorkshop:
    return new_workshop(tmp_path / "store")


@pytest.fixture
def paths(tmp_path: Path) -> list[Path]:
    samples = {f"{number:03d}": sample(f"{number:03d}", bytes([number]) * (200 + 37 * number)) for number in range(30)}
    return dealt(tmp_path / "shards", samples, shards=4)


@pytest.fixture
def selection(paths: list[Path], workshop: LocalWorkshop) -> Manifest:
    return workshop.obtain(ShardSelection(listing=listing(paths, workshop), size=17, seed=2))


def write(selection: Manifest, workshop: LocalWorkshop, out: Path, *, per_shard: int = 5, writers: int = 1) -> list[Written]:
    return write_selection(selection, store=workshop.store, out=out, per_shard=per_shard, writers=writers, report=workshop.report)


def members(path: Path) -> dict[str, tuple[dict[str, object], bytes]]:
    with tarfile.open(path) as archive:
        return {one.name: (dict(one.get_info()), archive.extractfile(one).read()) for one in archive}  # type: ignore[union-attr]


def test_samples_are_copied_with_all_files_byte_by_byte(
    paths: list[Path], selection: Manifest, workshop: LocalWorkshop, tmp_path: Path
):
    written = write(selection, workshop, tmp_path / "out")

    old = {name: member for path in paths for name, member in members(path).items()}
    new = [members(tmp_path / "out" / one.name) for one in written]
    assert [one.samples for one in written] == [5, 5, 5, 2]
    assert [len(files) for files in new] == [15, 15, 15, 6]
    assert all(old[name] == member for files in new for name, member in files.items())
    assert all({Path(name).suffix for name in list(files)[:3]} == {".jpg", ".txt", ".json"} for files in new)


def test_index_tells_counts_and_sha256(selection: Manifest, workshop: LocalWorkshop, tmp_path: Path):
    write(selection, workshop, tmp_path / "out", writers=3)

    index = json.loads((tmp_path / "out" / "index.json").read_text())
    content = [(tmp_path / "out" / one["name"]).read_bytes() for one in index["shards"]]
    assert sum(one["samples"] for one in index["shards"]) == index["samples"] == 17
    assert [(one["bytes"], one["sha256"]) for one in index["shards"]] == [
        (len(one), hashlib.sha256(one).hexdigest()) for one in content
    ]
    assert index["selection"] == selection.digest


def test_only_what_is_missing_is_written_again(selection: Manifest, workshop: LocalWorkshop, tmp_path: Path):
    first = write(selection, workshop, tmp_path / "out")
    times = {one.name: (tmp_path / "out" / one.name).stat().st_mtime_ns for one in first}
    (tmp_path / "out" / "00001.tar").unlink()
    damaged = tmp_path / "out" / "00002.tar"
    damaged.write_bytes(bytes(damaged.stat().st_size))

    again = write(selection, workshop, tmp_path / "out", writers=2)

    unchanged = [name for name, time in times.items() if (tmp_path / "out" / name).stat().st_mtime_ns == time]
    assert again == first
    assert unchanged == ["00000.tar", "00003.tar"]


def test_folder_with_something_else_is_an_error(paths: list[Path], selection: Manifest, workshop: LocalWorkshop, tmp_path: Path):
    write(selection, workshop, tmp_path / "out")
    other = workshop.obtain(ShardSelection(listing=listing(paths, workshop), size=16, seed=2))
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear")
    (tmp_path / "damaged").mkdir()
    (tmp_path / "damaged" / "index.json").write_text("{")

    for out, message in (("out", "holds another selection"), ("mine", "holds 'letter.txt'"), ("damaged", "is damaged")):
        with pytest.raises(InputError, match=message) as caught:
            write(other, workshop, tmp_path / out)
        assert caught.value.field == "out"
    with pytest.raises(InputError, match="holds another selection"):
        write(selection, workshop, tmp_path / "out", per_shard=6)


def test_shard_that_changed_since_the_selection_is_an_error(
    paths: list[Path], selection: Manifest, workshop: LocalWorkshop, tmp_path: Path
):
    status = paths[0].stat()
    paths[0].write_bytes(bytes(status.st_size))

    with pytest.raises(InputError, match="changed since it was listed"):
        write(selection, workshop, tmp_path / "out")
    # As if nothing had happened, but the bytes say otherwise.
    os.utime(paths[0], ns=(status.st_atime_ns, status.st_mtime_ns))
    with pytest.raises(InputError, match="is not what it was when it was listed"):
        write(selection, workshop, tmp_path / "again")


def test_folder_of_a_kill_before_the_first_index_is_gone_on_with(selection: Manifest, workshop: LocalWorkshop, tmp_path: Path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "index.json.passing").write_text('{"sel')

    assert len(write(selection, workshop, tmp_path / "out")) == 4
    assert sorted(path.suffix for path in (tmp_path / "out").iterdir()) == [".json", *[".tar"] * 4]


def test_file_in_place_of_the_folder_is_an_error(selection: Manifest, workshop: LocalWorkshop, tmp_path: Path):
    (tmp_path / "out").write_text("mine")

    with pytest.raises(InputError, match="is no folder") as caught:
        write(selection, workshop, tmp_path / "out")

    assert caught.value.field == "out"
