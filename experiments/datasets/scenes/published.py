"""CLEVR with masks and MOVi, read from the published TFRecord files. Called by trainings of the `paper` preset."""

import io
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Literal

import numpy as np
from jaxtyping import Float, Int, UInt8
from PIL import Image

from experiments.contract.errors import InputError
from experiments.contract.fields import require
from experiments.datasets.images import UNREADABLE, open_foreign
from experiments.datasets.scenes.records import Example, read_examples
from experiments.datasets.scenes.scene import Scenes

Name = Literal["clevr", "movi"]
Part = Literal["train", "test"]
One = tuple[UInt8[np.ndarray, "side side 3"], Int[np.ndarray, "side side"], Float[np.ndarray, "object 3"]]
FACTORS = ("x", "y", "z")
CLEVR_FILES = "clevr_with_masks*.tfrecords"
CLEVR_SIZE, CLEVR_MASKS = (240, 320), 11
CLEVR_CROP = (64, 29, 256, 221)
"""Left, top, right, bottom of the square that is used (Burgess et al. 2019; Locatello et al. 2020)."""
CLEVR_TEST = 1000
"""Scenes at the beginning of the file that are only tested on."""
MOVI_FILES: Mapping[Part, str] = {"train": "movi_*-train.tfrecord*", "test": "movi_*-validation.tfrecord*"}


def read_published(name: Name, folder: Path, *, part: Part, count: int, most: int, side: int) -> Scenes:
    """The first `count` scenes of a part with at most `most` objects, or all if there are fewer; `side` px square.

    CLEVR has one file, whose first scenes are the test part. Of MOVi's videos the first frames are taken.

    Raises:
        InputError: The folder or its files are not there, are damaged, or hold no such scene.
    """
    scenes = {"clevr": _clevr, "movi": _movi}[name](folder, part, side)
    found = list(islice((one for one in scenes if one[1].max() <= most), count))
    message = f"{folder} has no scene of {name} with at most {most} objects for {part}"
    require(bool(found), "path", message, "Give the folder of the published files, or more objects")
    images, labels, _ = (list(parts) for parts in zip(*found, strict=True))
    factors = np.zeros((len(found), most, len(FACTORS)))
    for place, (_, _, own) in enumerate(found):
        factors[place, : min(most, len(own))] = own[:most]
    return Scenes(images=np.stack(images), labels=np.stack(labels), factors=factors, factor_names=FACTORS)


def _files(folder: Path, pattern: str) -> list[Path]:
    found = sorted(folder.glob(pattern)) if folder.is_dir() else []
    message = f"{folder} has no file {pattern}" if folder.is_dir() else f"{folder} is no folder"
    require(bool(found), "path", message, f"Give --set path=/path/of/the/folder with {pattern}")
    return found


def _clevr(folder: Path, part: Part, side: int) -> Iterator[One]:
    files = _files(folder, CLEVR_FILES)
    examples = (example for file in files for example in read_examples(file, compression="gzip"))
    span = (0, CLEVR_TEST) if part == "test" else (CLEVR_TEST, None)
    for example in islice(examples, *span):
        yield _checked(example, side, _clevr_scene)


def _movi(folder: Path, part: Part, side: int) -> Iterator[One]:
    for file in _files(folder, MOVI_FILES[part]):
        for example in read_examples(file):
            yield _checked(example, side, _movi_scene)


def _clevr_scene(example: Example, side: int) -> One:
    """Image and masks are raw bytes; mask 0 is the background."""
    pixels = np.frombuffer(example["image"][0], np.uint8).reshape(*CLEVR_SIZE, 3)
    masks = np.frombuffer(example["mask"][0], np.uint8).reshape(CLEVR_MASKS, *CLEVR_SIZE)
    labels = _resized_labels(masks.argmax(axis=0).astype(np.uint8), side, CLEVR_CROP)
    places = np.stack([np.asarray(example[axis], dtype=np.float64)[1:] for axis in FACTORS], axis=1)
    return _resized(pixels, side, CLEVR_CROP), labels, places


def _movi_scene(example: Example, side: int) -> One:
    """Frames and segmentations are lists of PNG files; label 0 is the background."""
    with (
        open_foreign(io.BytesIO(bytes(example["video"][0]))) as frame,
        open_foreign(io.BytesIO(bytes(example["segmentations"][0]))) as own,
    ):
        pixels, labels = np.asarray(frame.convert("RGB")), np.asarray(own.convert("L"))
    whole = (0, 0, pixels.shape[1], pixels.shape[0])
    return _resized(pixels, side, whole), _resized_labels(labels, side, whole), np.zeros((0, len(FACTORS)))


def _checked(example: Example, side: int, scene: Callable[[Example, int], One]) -> One:
    try:
        return scene(example, side)
    except (KeyError, IndexError, *UNREADABLE) as error:
        message = f"a record is no scene of this data set ({type(error).__name__}: {error})"
        raise InputError(field="path", message=message, remedy="Give the folder of the published files") from error


def _resized(
    pixels: UInt8[np.ndarray, "height width 3"], side: int, box: tuple[int, int, int, int]
) -> UInt8[np.ndarray, "side side 3"]:
    return np.asarray(Image.fromarray(pixels).resize((side, side), Image.Resampling.BILINEAR, box=box))


def _resized_labels(
    labels: UInt8[np.ndarray, "height width"], side: int, box: tuple[int, int, int, int]
) -> Int[np.ndarray, "side side"]:
    return np.asarray(Image.fromarray(labels).resize((side, side), Image.Resampling.NEAREST, box=box)).astype(np.int16)
