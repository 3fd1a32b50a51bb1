"""Planted duplicates of real images are found by the search that is meant for them, and nothing else is removed."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from experiments.commands.processes import ManyProcesses
from experiments.contract.artifacts import Manifest
from experiments.contract.errors import InputError
from experiments.contract.recipes import ClusterSearch, Deduplication
from experiments.datasets.stamps import FOLDER
from experiments.methods.shards.fingerprints import perceptual_hash
from experiments.methods.shards.listed import listed_shards
from experiments.methods.shards.relations import Relations
from experiments.workshop import LocalWorkshop
from tests.experiments.methods.shards.planted import Files, dealt, encoded, listing, pictures, sample
from tests.experiments.methods.workshops import new_workshop

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(not FOLDER.is_dir(), reason="tuxpaint-stamps-default is not installed"),
]
COUNT = 16
REMOVED = {
    "again": ("003", "bytes"),
    "recompressed": ("004", "hash"),
    "resized": ("005", "hash"),
    "007": ("larger", "hash"),
    "cropped": ("006", "embedding"),
}
"""Of equal ones the first stays, of others that with the most pixels."""
LOST = ["empty", "damaged"]


@pytest.fixture(scope="module")
def samples() -> dict[str, Files]:
    images = pictures(COUNT)
    made = {f"{number:03d}": sample(f"{number:03d}", encoded(image)) for number, image in enumerate(images)}
    width, height = images[5].size
    near = {
        "again": made["003"]["jpg"],
        "recompressed": encoded(images[4], quality=30),
        "resized": encoded(images[5].resize((width // 2, height // 2))),
        "cropped": encoded(images[6].crop((9, 6, width - 5, height - 8))),
        "larger": encoded(images[7].resize((2 * width, 2 * height), Image.Resampling.BICUBIC)),
    }
    return (
        made
        | {key: sample(key, image) for key, image in near.items()}
        | {
            "empty": {"txt": b"no image"},
            "damaged": sample("damaged", b"no image either"),
        }
    )


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> LocalWorkshop:
    return new_workshop(tmp_path_factory.mktemp("store"))


@pytest.fixture(scope="module")
def paths(samples: dict[str, Files], tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return dealt(tmp_path_factory.mktemp("shards"), samples, shards=3)


def recipe(paths: list[Path], workshop: LocalWorkshop, *, clusters: int = 1) -> Deduplication:
    return Deduplication(listing=listing(paths, workshop), resolution=64, clusters=clusters, clusters_per_part=2)


@pytest.fixture(scope="module")
def made(paths: list[Path], workshop: LocalWorkshop) -> Manifest:
    return workshop.obtain(recipe(paths, workshop))


def table(made: Manifest, name: str, workshop: LocalWorkshop) -> Iterator[dict[str, str]]:
    return csv.DictReader(io.StringIO(workshop.store.read_blob(made.file(name).sha256).decode()))


def test_planted_duplicates_are_found_and_different_images_stay(
    made: Manifest, workshop: LocalWorkshop, samples: dict[str, Files]
):
    kept = workshop.store.read_blob(made.file("kept.txt").sha256).decode().split()

    removed = {row["removed"]: (row["kept"], row["how"]) for row in table(made, "duplicates.csv", workshop)}
    assert removed == REMOVED
    assert sorted(kept) == sorted(samples.keys() - REMOVED.keys() - set(LOST))
    counted = {name: made.values[name] for name in ("samples", "kept", "removed", "unreadable", "without_image")}
    assert counted == {
        "samples": len(samples),
        "kept": len(samples) - 7,
        "removed": {"bytes": 1, "hash": 3, "embedding": 1},
        "unreadable": 2,
        "without_image": 1,
    }


def test_unreadable_images_are_told_with_the_reason(made: Manifest, workshop: LocalWorkshop):
    reasons = {row["key"]: row["reason"] for row in table(made, "unreadable.csv", workshop)}

    assert sorted(reasons) == sorted(LOST)
    assert reasons["empty"] == "has no image"
    assert "it is no image" in reasons["damaged"]


def test_contact_sheet_shows_a_row_for_each_group(made: Manifest, workshop: LocalWorkshop):
    sheet = np.asarray(Image.open(io.BytesIO(workshop.store.read_blob(made.file("groups.png").sha256))))
    rows = sheet[4:].reshape(5, -1, *sheet.shape[1:])

    assert sheet.shape[1] == 2 * 116 + 4
    # The two images of a row are hardly different, those of other rows are.
    own = np.abs(rows[:, :112, 4:116].astype(float) - rows[:, :112, 120:232]).mean(axis=(1, 2, 3))
    other = np.abs(rows[:, :112, 4:116].astype(float) - np.roll(rows, 1, axis=0)[:, :112, 120:232]).mean(axis=(1, 2, 3))
    assert (own[:4] < 8).all()
    assert (own < other).all()


def test_two_processes_find_what_one_finds(made: Manifest, paths: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("ARTIFACT_URL", str(tmp_path / "store"))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    one = new_workshop(tmp_path / "store")
    many = ManyProcesses(store=one.store, device="cpu", report=lambda _done, _total, _doing: None, processes=2)
    asked = recipe(paths, one)

    # What takes long is made side by side; the rest is the same code in either case.
    prints = many.obtain_all([asked.fingerprints(shard) for shard in listed_shards(asked.listing, store=one.store)])
    again = one.obtain(asked)

    assert len(prints) == 3
    assert again.digest == made.digest
    assert {file.name: file.sha256 for file in again.files} == {file.name: file.sha256 for file in made.files}


def test_clusters_lose_only_pairs_that_they_part(made: Manifest, paths: list[Path], workshop: LocalWorkshop):
    asked = recipe(paths, workshop, clusters=5)

    parted = workshop.obtain(asked)

    searches = [workshop.obtain(asked.as_part(ClusterSearch, number=number)) for number in range(3)]
    found = sum(len(Relations.of(search, store=workshop.store).removed) for search in searches)
    assert parted.values["removed"] == made.values["removed"] | {"embedding": found}
    assert found <= 1
    assert parted.values["kept"] == made.values["kept"] + 1 - found


def test_more_clusters_than_images_are_an_error(paths: list[Path], workshop: LocalWorkshop):
    with pytest.raises(InputError, match="fewer than 1000") as caught:
        workshop.obtain(recipe(paths, workshop, clusters=1000))

    assert caught.value.field == "clusters"


def test_plain_image_has_no_hash():
    assert perceptual_hash(Image.new("RGB", (64, 48), (200, 10, 10))) is None
