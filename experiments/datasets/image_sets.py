"""Sets of images to learn representations from: who is held out, which class an image is of, and a way to read batches.

Called by experiments that train on images; sets that fit into memory are read once.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeAlias

import numpy as np
import torch
from jaxtyping import Bool, Int, UInt8
from torch import Tensor

from experiments.contract.errors import InputError
from experiments.datasets.folder import user_images
from experiments.datasets.pool import Pool, open_pool
from experiments.datasets.sources import Source
from experiments.datasets.stamps import FOLDER as STAMPS

HELD_OUT_EVERY = 5
"""Every fifth photograph or object, in the order of their names, is held out with all of its images."""
SMALLEST_CLASS = 25
"""Objects that a folder of stamps needs to be a class."""
READERS = 8
"""Threads; decoding lets go of Python's lock."""
NO_CLASS = -1

Read: TypeAlias = Callable[[Int[Tensor, " batch"]], UInt8[Tensor, "batch 3 side side"]]


@dataclass(frozen=True, kw_only=True, eq=False)
class ImageSet:
    """Square RGB images of one size."""

    read: Read
    """The images of some indices."""
    sources: tuple[str, ...]
    """Photograph or object that each image is of; what happens to several images of one is not independent."""
    labels: Int[np.ndarray, " image"]
    """Index of the class, or `NO_CLASS`."""
    classes: tuple[str, ...]
    held_out: Bool[np.ndarray, " image"]
    """Images that are only looked at after training."""

    def indices(self, *, held_out: bool, labeled: bool = False) -> Int[Tensor, " chosen"]:
        """Those held out or the others; of these only those with a class where that matters."""
        chosen = (self.held_out == held_out) & ((self.labels != NO_CLASS) | (not labeled))
        return torch.from_numpy(np.flatnonzero(chosen))


def stamps_are_installed() -> bool:
    """Whether this machine has the objects."""
    return STAMPS.is_dir()


def packaged_images(*, photographs: int, stamps: int, side: int, seed: int) -> ImageSet:
    """Crops of the photographs, and objects on grays; a stamp's class is its folder, if that holds `SMALLEST_CLASS` objects.

    Raises:
        InputError: Stamps are asked for and not installed, or there are fewer.
    """
    pools = [open_pool(name, size=size, seed=seed) for name, size in (("photographs", photographs), ("stamps", stamps)) if size]
    images = [pool.read(index, side=side) for pool in pools for index in range(len(pool))]
    pixels = torch.from_numpy(np.stack([image.pixels for image in images])).permute(0, 3, 1, 2).contiguous()
    sources = tuple(image.source for image in images)
    labels, classes = _folders(sources, least=SMALLEST_CLASS)
    return ImageSet(read=partial(_rows, pixels), sources=sources, labels=labels, classes=classes, held_out=_every_fifth(sources))


def cifar10(path: str) -> ImageSet:
    """CIFAR-10 (Krizhevsky 2009) from the folder that holds `cifar-10-batches-py`; its test images are held out.

    Raises:
        InputError: It is not there, or not whole.
    """
    from torchvision.datasets import CIFAR10  # noqa: PLC0415 -- takes seconds, and only this set needs it

    try:
        parts = [CIFAR10(root=path, train=is_train, download=False) for is_train in (True, False)]
    except RuntimeError as error:
        remedy = "Give the folder that holds cifar-10-batches-py, unpacked from cifar-10-python.tar.gz"
        raise InputError(field="images", message=f"{path} holds no whole CIFAR-10", remedy=remedy) from error
    pixels = torch.from_numpy(np.concatenate([part.data for part in parts])).permute(0, 3, 1, 2).contiguous()
    return ImageSet(
        read=partial(_rows, pixels),
        sources=tuple(f"{number:05d}" for number in range(len(pixels))),
        labels=np.concatenate([part.targets for part in parts]),
        classes=tuple(parts[0].classes),
        held_out=np.repeat([False, True], [len(part.data) for part in parts]),
    )


def image_folders(path: str, *, side: int) -> ImageSet:
    """A folder with `train` and `val`, each with a folder of images for each class, such as ImageNet; read as they are needed.

    Raises:
        InputError: There are no such folders, or `val` has classes that `train` does not have.
    """
    parts = [_folder(Path(path) / name) for name in ("train", "val")]
    names = tuple(f"{source.name}" for part in parts for source in part)
    labels, classes = _folders(names, least=1)
    held_out = np.repeat([False, True], [len(part) for part in parts])
    known = {classes[label] for label in labels[~held_out]}
    if strange := set(classes) - known:
        message = f"{path}/val has classes that are not in train, such as {min(strange)}"
        raise InputError(field="images", message=message, remedy="Give a folder whose train and val have the same classes")
    pool = Pool(seed=0, variants=tuple((source, 0) for part in parts for source in part))
    return ImageSet(read=partial(_decoded, pool, side), sources=names, labels=labels, classes=classes, held_out=held_out)


def _folder(path: Path) -> Sequence[Source]:
    if not path.is_dir():
        raise InputError(
            field="images", message=f"{path} is no folder", remedy="Give the path of a folder with train and val in it"
        )
    return user_images(str(path))[0]


def _rows(pixels: UInt8[Tensor, "image 3 side side"], indices: Int[Tensor, " batch"]) -> UInt8[Tensor, "batch 3 side side"]:
    return pixels[indices]


def _decoded(pool: Pool, side: int, indices: Int[Tensor, " batch"]) -> UInt8[Tensor, "batch 3 side side"]:
    with ThreadPoolExecutor(max_workers=READERS) as readers:
        images = list(readers.map(lambda index: pool.read(index, side=side).pixels, indices.tolist()))
    return torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2)


def _folders(sources: Sequence[str], *, least: int) -> tuple[Int[np.ndarray, " image"], tuple[str, ...]]:
    """The index of each image's first folder among those with at least so many sources, and these folders."""
    by_folder: dict[str, set[str]] = {}
    for source in sources:
        folder, slash, _ = source.partition("/")
        if slash:
            by_folder.setdefault(folder, set()).add(source)
    classes = tuple(sorted(folder for folder, members in by_folder.items() if len(members) >= least))
    places = {folder: number for number, folder in enumerate(classes)}
    return np.array([places.get(source.partition("/")[0], NO_CLASS) for source in sources]), classes


def _every_fifth(sources: Sequence[str]) -> Bool[np.ndarray, " image"]:
    numbers = {source: number for number, source in enumerate(sorted(set(sources)))}
    return np.array([numbers[source] % HELD_OUT_EVERY == HELD_OUT_EVERY - 1 for source in sources])
