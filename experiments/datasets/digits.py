"""Handwritten digits (scikit-learn's, 8 x 8 px, ten classes): labeled images, and a pool of those that are trained on."""

import os
import shutil
import uuid
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import numpy as np
from jaxtyping import Int, UInt8
from PIL import Image
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from experiments import jobs
from experiments.datasets.images import cut_square, png
from experiments.datasets.sources import Framing, Source, frame_largest

Part = Literal["train", "test"]
CLASSES = 10
TEST_SHARE = 0.2
SPLIT_SEED = 0
"""One split for all: pools show training images alone, whatever seed a network was trained with."""
BRIGHTEST = 16
"""Value of a white pixel in scikit-learn's arrays."""


@dataclass(frozen=True, eq=False)
class LabeledImages:
    """Images and the class of each."""

    pixels: UInt8[np.ndarray, "image side side 3"]
    labels: Int[np.ndarray, " image"]


def labeled_digits(part: Part, *, side: int) -> LabeledImages:
    """The digits of a part, `side` px square, as the pool shows them; 1437 to train on, 360 to test."""
    small, labels = _split()[part]
    images = [Image.fromarray(pixels) for pixels in small]
    large = [cut_square(image, frame_largest(image.size).box, side=side, gray=0) for image in images]
    return LabeledImages(np.stack(large), labels)


def digits() -> tuple[Source, ...]:
    """The training part as sources of a pool, named `<class>/<number>`; their files are written at the first call."""
    folder = digit_files("train")
    files = sorted(folder.rglob("*.png"))
    return tuple(
        Source(name=str(file.relative_to(folder).with_suffix("")), path=file, frame=_whole, variants=1) for file in files
    )


@cache
def digit_files(part: Part) -> Path:
    """A folder with a folder of PNG files for each class, complete or not there."""
    folder = jobs.VAR / "datasets" / "digits" / part
    if folder.is_dir():
        return folder
    passing = folder.with_name(f".{uuid.uuid4().hex}")
    small, labels = _split()[part]
    for number, (pixels, label) in enumerate(zip(small, labels, strict=True)):
        path = passing / str(label) / f"{number:04d}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(png(pixels))
    try:
        os.replace(passing, folder)
    except OSError:
        # Another process was first, with the same files.
        if not folder.is_dir():
            raise
        shutil.rmtree(passing)
    return folder


def _whole(size: tuple[int, int], _number: int, _rng: np.random.Generator) -> Framing:
    return frame_largest(size)


@cache
def _split() -> dict[Part, tuple[UInt8[np.ndarray, "image 8 8 3"], Int[np.ndarray, " image"]]]:
    images, labels = load_digits(return_X_y=True)
    gray = (images.reshape(-1, 8, 8) * 255 / BRIGHTEST).round().astype(np.uint8)
    parts = train_test_split(
        np.repeat(gray[..., None], 3, axis=-1), labels, test_size=TEST_SHARE, random_state=SPLIT_SEED, stratify=labels
    )
    train_images, test_images, train_labels, test_labels = parts
    return {"train": (train_images, train_labels), "test": (test_images, test_labels)}
