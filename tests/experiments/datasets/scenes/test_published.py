import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from experiments.contract.errors import InputError
from experiments.datasets.scenes import published
from experiments.datasets.scenes.published import read_published
from experiments.datasets.scenes.records import read_examples
from tests.experiments.datasets.scenes.record_files import write_records

pytestmark = pytest.mark.unit


def _png(pixels: np.ndarray) -> bytes:
    content = io.BytesIO()
    Image.fromarray(pixels).save(content, format="PNG")
    return content.getvalue()


def _clevr_scene(*, objects: int, color: int) -> dict[str, list[bytes] | list[float]]:
    image = np.full((240, 320, 3), color, np.uint8)
    masks = np.zeros((11, 240, 320, 1), np.uint8)
    masks[0] = 255
    for number in range(1, objects + 1):
        rows = slice(30 + 20 * number, 45 + 20 * number)
        masks[0, rows, 100:160], masks[number, rows, 100:160] = 0, 255
    places = [0.0, *(float(number) for number in range(1, 11))]
    return {"image": [image.tobytes()], "mask": [masks.tobytes()], "x": places, "y": places, "z": places}


def test_examples_come_back_as_they_were_written(tmp_path: Path) -> None:
    written = {"texts": [b"one", b"", b"three" * 100], "numbers": [0.5, -2.0], "whole": [1, 300, -7]}
    write_records(tmp_path / "a.tfrecord", [written, {"whole": [5]}], compressed=False)

    first, second = read_examples(tmp_path / "a.tfrecord")

    assert first["texts"] == written["texts"]
    assert np.array_equal(first["numbers"], [0.5, -2.0])
    assert np.array_equal(first["whole"], [1, 300, -7])
    assert list(second) == ["whole"]


def test_clevr_scenes_are_cropped_and_those_with_more_objects_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(published, "CLEVR_TEST", 1)
    scenes = [_clevr_scene(objects=objects, color=color) for objects, color in ((2, 10), (3, 20), (6, 30), (1, 40))]
    write_records(tmp_path / "clevr_with_masks_train.tfrecords", scenes, compressed=True)

    train = read_published("clevr", tmp_path, part="train", count=5, most=3, side=64)
    test = read_published("clevr", tmp_path, part="test", count=5, most=3, side=64)

    assert [int(image[0, 0, 0]) for image in train.images] == [20, 40]
    assert [int(image[0, 0, 0]) for image in test.images] == [10]
    assert [int(labels.max()) for labels in train.labels] == [3, 1]
    assert np.array_equal(train.factors[0, :, 0], [1, 2, 3])
    # Columns 100 to 160 of the crop that begins at 64 and is shrunk to a third.
    columns = np.flatnonzero((train.labels[0] == 1).any(axis=0))
    assert (columns.min(), columns.max()) == (12, 31)


def test_movi_gives_the_first_frames_of_videos(tmp_path: Path) -> None:
    frames = [np.full((32, 32, 3), value, np.uint8) for value in (50, 90)]
    segments = [np.full((32, 32), value, np.uint8) for value in (0, 0)]
    segments[0][:16] = 2
    video = {"video": [_png(one) for one in frames], "segmentations": [_png(one) for one in segments]}
    write_records(tmp_path / "movi_a-validation.tfrecord-00000-of-00001", [video], compressed=False)

    scenes = read_published("movi", tmp_path, part="test", count=3, most=4, side=16)

    assert len(scenes) == 1
    assert (scenes.images == 50).all()
    assert (scenes.labels[0, :8] == 2).all()
    assert (scenes.labels[0, 8:] == 0).all()


def test_folder_without_the_files_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="has no file clevr_with_masks") as caught:
        read_published("clevr", tmp_path, part="train", count=1, most=3, side=32)
    assert caught.value.field == "path"

    with pytest.raises(InputError, match="is no folder"):
        read_published("movi", tmp_path / "none", part="train", count=1, most=3, side=32)


@pytest.mark.parametrize("content", [b"not a record at all, but long enough to be one", b"\x10\0\0\0\0\0\0\0\0\0\0\0abc"])
def test_damaged_file_is_an_error(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "movi_a-train.tfrecord-00000-of-00001").write_bytes(content)

    with pytest.raises(InputError, match="no whole TFRecord file"):
        read_published("movi", tmp_path, part="train", count=1, most=3, side=32)


@pytest.mark.parametrize("compressed", [True, False])
def test_damage_of_any_byte_is_read_or_refused(tmp_path: Path, compressed: bool) -> None:
    file = tmp_path / "a.tfrecord"
    write_records(file, [{"texts": [b"one", b"two"], "numbers": [0.5, -2.0], "whole": [1, 300, -7]}] * 3, compressed=compressed)
    whole = file.read_bytes()
    rng = np.random.default_rng(0)
    refused = []

    for place in range(len(whole)):
        for damaged in (whole[:place], whole[:place] + rng.bytes(1) + whole[place + 1 :], whole[:place] + b"\xff" * 20):
            file.write_bytes(damaged)
            try:
                list(read_examples(file, compression="gzip" if compressed else ""))
            except InputError as error:
                refused.append(error.field)

    assert len(refused) > len(whole)
    assert set(refused) == {"path"}


@pytest.mark.parametrize(
    "features",
    [
        b"\x0a\x03\x0a\x01a",  # A name without a value.
        b"\x0a\x0a\x0a\x01a\x12\x05\x1a\x03\x0a\x01\x80",  # A number that does not end.
        b"\x0a\x16\x0a\x01a\x12\x11\x1a\x0f\x0a\x0d" + b"\xff" * 12 + b"\x7f",  # A number of more than 64 bits.
        b"\x0a\x09\x0a\x01a\x12\x04\x12\x02\x0d\x00",  # A number of four bytes that has one.
    ],
)
def test_damaged_message_is_an_error(tmp_path: Path, features: bytes) -> None:
    record = b"\x0a" + bytes([len(features)]) + features
    (tmp_path / "a.tfrecord").write_bytes(len(record).to_bytes(8, "little") + b"\0" * 4 + record + b"\0" * 4)

    with pytest.raises(InputError, match="no whole TFRecord file"):
        list(read_examples(tmp_path / "a.tfrecord"))


def test_record_of_something_else_is_an_error(tmp_path: Path) -> None:
    write_records(tmp_path / "movi_a-train.tfrecord-00000-of-00001", [{"audio": [b"la"]}], compressed=False)

    with pytest.raises(InputError, match="no scene of this data set"):
        read_published("movi", tmp_path, part="train", count=1, most=3, side=32)
