"""KITTI Masks: the published file of pedestrians' masks over time, read without running what a pickle may hold."""

import io
import pickle
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Int, UInt8

from experiments.contract.errors import InputError

FILE = "kitti_peds_v2.pickle"
SOURCE = "https://zenodo.org/record/3931823"
SIDES = (64, 64)
"""Of a mask, in px."""
FACTORS = ("center_down", "center_across", "area")
"""Of a mask, in px and px²."""
ADMITTED = {
    *((module, name) for module in ("numpy", "numpy.core.multiarray", "numpy._core.multiarray") for name in ("ndarray", "dtype")),
    *((module, "_reconstruct") for module in ("numpy.core.multiarray", "numpy._core.multiarray")),
    *((module, "scalar") for module in ("numpy.core.multiarray", "numpy._core.multiarray")),
    *((module, "_frombuffer") for module in ("numpy.core.numeric", "numpy._core.numeric")),
    ("_codecs", "encode"),
}
"""What arrays are made of in a pickle, by all versions of numpy and protocols; everything else is refused."""


@dataclass(frozen=True, kw_only=True)
class KittiMasks:
    """Sequences of masks of one pedestrian each, and where the masks lie."""

    masks: Sequence[UInt8[np.ndarray, "time 64 64"]]
    """0 or 1."""
    factors: Sequence[Float[np.ndarray, "time 3"]]

    @cached_property
    def ends(self) -> Int[np.ndarray, " sequence"]:
        """How many pairs begin in a sequence and those before it: in any frame but the last of each."""
        return np.cumsum([len(sequence) - 1 for sequence in self.masks])

    @property
    def starts(self) -> int:
        """Frames in which a pair can begin."""
        return int(self.ends[-1])

    def place(self, start: int) -> tuple[int, int]:
        """The sequence and the frame of a start."""
        sequence = int(np.searchsorted(self.ends, start, side="right"))
        return sequence, start - (int(self.ends[sequence - 1]) if sequence else 0)

    def pair(self, start: int, *, ahead: int) -> tuple[UInt8[np.ndarray, "64 64"], UInt8[np.ndarray, "64 64"]]:
        """The masks of a start and `ahead` frames later; of the sequence's last frame, where it ends before."""
        sequence, frame = self.place(start)
        masks = self.masks[sequence]
        return masks[frame], masks[min(frame + ahead, len(masks) - 1)]


def read_kitti_masks(path: Path) -> KittiMasks:
    """The masks of the published file, or of a folder that holds it.

    Raises:
        InputError: There is no such file, or it holds something else.
    """
    file = path / FILE if path.is_dir() else path
    if not file.is_file():
        remedy = f"Download {FILE} from {SOURCE} and give its path"
        raise InputError(field="kitti", message=f"{file} is no file", remedy=remedy)
    return _checked(_loaded(file), file=file)


def _loaded(file: Path) -> Any:
    content = io.BytesIO(file.read_bytes())
    try:
        return _ArraysOnly(content).load()
    except Exception as error:
        # All of them: nothing bounds what the reader of a pickle raises on damaged bytes.
        raise _unfit(file, f"{type(error).__name__}: {error}") from error


def _checked(content: Any, *, file: Path) -> KittiMasks:
    names = {"pedestrians", "pedestrians_latents"}
    if not (isinstance(content, dict) and names <= content.keys()):
        raise _unfit(file, f"it has no {' and no '.join(sorted(names))}")
    masks, factors = (_arrays(content[name], file=file) for name in ("pedestrians", "pedestrians_latents"))
    shapes = [(len(mask), *SIDES) for mask in masks], [(len(mask), len(FACTORS)) for mask in masks]
    if ([mask.shape for mask in masks], [factor.shape for factor in factors]) != shapes:
        raise _unfit(file, "its masks are not [time, 64, 64] with three factors each")
    # A sequence of one frame has no pair.
    long = [number for number, mask in enumerate(masks) if len(mask) > 1]
    if not long:
        raise _unfit(file, "none of its sequences has two masks")
    return KittiMasks(
        masks=[(masks[number] > 0).astype(np.uint8) for number in long],
        factors=[factors[number].astype(np.float64) for number in long],
    )


def _arrays(sequences: Any, *, file: Path) -> list[np.ndarray]:
    """Arrays of finite numbers, with at least one dimension."""
    try:
        arrays = [np.atleast_1d(np.asarray(sequence)) for sequence in sequences]
    except (TypeError, ValueError) as error:
        raise _unfit(file, str(error)) from error
    if not all(array.dtype.kind in "buif" and np.isfinite(array).all() for array in arrays):
        raise _unfit(file, "not all that it holds are arrays of finite numbers")
    return arrays


def _unfit(file: Path, why: str) -> InputError:
    return InputError(field="kitti", message=f"{file} is not the published file: {why}", remedy=f"Download {FILE} from {SOURCE}")


class _ArraysOnly(pickle.Unpickler):
    """Makes arrays, dictionaries, lists, numbers and texts, and calls nothing else that a file names."""

    def find_class(self, module_name: str, global_name: str, /) -> Any:
        if (module_name, global_name) in ADMITTED:
            return super().find_class(module_name, global_name)
        raise pickle.UnpicklingError(f"it asks for {module_name}.{global_name}, which arrays do not need")
