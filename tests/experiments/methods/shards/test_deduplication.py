"""Planted duplicates of real images are found by the search that is meant for them, and nothing else is removed."""

import csv
import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from experiments.contract.artifacts import Manifest
from experiments.contract.errors import InputError
from experiments.contract.recipes import ClusterSearch, Deduplication, EmbeddingClusters
from experiments.datasets.stamps import FOLDER
from experiments.methods.shards import clusters
from experiments.methods.shards.fingerprints import perceptual_hash
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
    "cropped again": ("006", "bytes"),
}
"""Of equal ones the first stays, of others that with the most pixels; what "cropped again" is equal to is removed in its turn."""
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
        "cropped again": encoded(images[6].crop((9, 6, width - 5, height - 8))),
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


def recipe(paths: list[Path], workshop: LocalWorkshop, *, count: int = 0) -> Deduplication:
    return Deduplication(listing=listing(paths, workshop), resolution=64, clusters=count, clusters_per_part=2)


@pytest.fixture(scope="module")
def made(paths: list[Path], workshop: LocalWorkshop) -> Manifest:
    return workshop.obtain(recipe(paths, workshop))


def table(made: Manifest, name: str, workshop: LocalWorkshop) -> Iterator[dict[str, str]]:
    return csv.DictReader(io.StringIO(workshop.store.read_blob(made.file(name).sha256).decode()))


def test_planted_duplicates_are_found_and_different_images_stay(
    made: Manifest, workshop: LocalWorkshop, samples: dict[str, Files]
):
    kept = workshop.store.read_blob(made.file("kept.txt").sha256).decode().splitlines()

    removed = {row["removed"]: (row["kept"], row["how"]) for row in table(made, "duplicates.csv", workshop)}
    assert removed == REMOVED
    assert sorted(kept) == sorted(samples.keys() - REMOVED.keys() - set(LOST))
    counted = {name: made.values[name] for name in ("samples", "kept", "removed", "unreadable", "without_image", "clusters")}
    assert counted == {
        "samples": len(samples),
        "kept": len(samples) - 8,
        "removed": {"bytes": 2, "hash": 3, "embedding": 1},
        "unreadable": 2,
        "without_image": 1,
        "clusters": 1,
    }


def test_unreadable_images_are_told_with_the_reason(made: Manifest, workshop: LocalWorkshop):
    reasons = {row["key"]: row["reason"] for row in table(made, "unreadable.csv", workshop)}

    assert sorted(reasons) == sorted(LOST)
    assert reasons["empty"] == "has no image"
    assert "it is no image" in reasons["damaged"]


def test_contact_sheet_shows_a_row_for_each_group(made: Manifest, workshop: LocalWorkshop):
    sheet = np.asarray(Image.open(io.BytesIO(workshop.store.read_blob(made.file("groups.png").sha256))))
    rows = sheet[4:].reshape(6, -1, *sheet.shape[1:])

    assert sheet.shape[1] == 2 * 116 + 4
    # The two images of a row are hardly different, those of other rows are.
    own = np.abs(rows[:, :112, 4:116].astype(float) - rows[:, :112, 120:232]).mean(axis=(1, 2, 3))
    other = np.abs(rows[:, :112, 4:116].astype(float) - np.roll(rows, 1, axis=0)[:, :112, 120:232]).mean(axis=(1, 2, 3))
    # Those of the crop are moved.
    assert (np.sort(own)[:4] < 8).all()
    assert (own < other).all()


def test_clusters_lose_only_pairs_that_they_part(made: Manifest, paths: list[Path], workshop: LocalWorkshop):
    asked = recipe(paths, workshop, count=5)

    parted = workshop.obtain(asked)

    searches = [workshop.obtain(asked.as_part(ClusterSearch, number=number)) for number in range(3)]
    found = sum(len(Relations.of(search, store=workshop.store).removed) for search in searches)
    assert parted.values["removed"] == made.values["removed"] | {"embedding": found}
    assert found <= 1
    assert parted.values["kept"] == made.values["kept"] + 1 - found


def test_more_clusters_than_images_are_an_error(paths: list[Path], workshop: LocalWorkshop):
    with pytest.raises(InputError, match="fewer than 1000") as caught:
        workshop.obtain(recipe(paths, workshop, count=1000))

    assert caught.value.field == "clusters"


def test_centers_are_learned_from_so_many_as_memory_holds(
    made: Manifest, paths: list[Path], workshop: LocalWorkshop, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(clusters, "LARGEST_SAMPLE", 10)
    asked = replace(recipe(paths, workshop), seed=1)

    assert workshop.obtain(asked.as_part(EmbeddingClusters)).values["sampled"] == 10


def test_shards_without_an_image_that_can_be_read_are_an_error(workshop: LocalWorkshop, tmp_path: Path):
    broken = dealt(tmp_path, {key: sample(key, b"no image") for key in "ab"}, shards=1)

    with pytest.raises(InputError, match="none of the 2 samples has an image that can be read") as caught:
        workshop.obtain(recipe(broken, workshop))

    assert caught.value.field == "shards"


def test_chain_of_removals_ends_at_an_image_that_stays():
    parts = [
        Relations.found(how, removed=np.array(removed), kept=np.array(kept), distance=np.zeros(len(kept)))
        for how, removed, kept in (("bytes", [7, 9], [5, 2]), ("hash", [5], [3]), ("embedding", [3], [8]))
    ]

    rooted = Relations.joined(parts).rooted()

    assert dict(zip(rooted.removed.tolist(), rooted.kept.tolist(), strict=True)) == {3: 8, 5: 8, 7: 8, 9: 2}


def test_plain_image_has_no_hash():
    assert perceptual_hash(Image.new("RGB", (64, 48), (200, 10, 10))) is None
