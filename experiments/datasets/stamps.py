"""The photographic objects among the stamps of Debian's `tuxpaint-stamps-default`: cut-outs with transparent surroundings."""

import hashlib
from functools import cache
from pathlib import Path

import numpy as np

from experiments.contract.errors import InputError
from experiments.datasets.images import read_image
from experiments.datasets.sources import Source, frame_on_gray

FOLDER = Path("/usr/share/tuxpaint/stamps")
DRAWN = {"symbols", "cartoon", "flags"}
"""Folders, at any depth, whose stamps are drawings."""
MIN_COLORS = 128
"""A drawing that stands among photographs has fewer colors."""
MAX_PLACEMENTS = 16


@cache
def stamps(folder: Path = FOLDER) -> tuple[Source, ...]:
    """The objects, each once (a few stamps are stored twice), to be placed on plain grays.

    Raises:
        InputError: The package is not installed.
    """
    if not folder.is_dir():
        raise InputError(
            field="pool", message=f"there are no stamps in {folder}", remedy="Run apt-get install tuxpaint-stamps-default"
        )
    distinct: dict[str, Path] = {}
    for path in sorted(folder.rglob("*.png")):
        parts = path.relative_to(folder).parts
        if not DRAWN.intersection(parts) and not path.stem.endswith("_mirror"):
            distinct.setdefault(hashlib.sha256(path.read_bytes()).hexdigest(), path)
    return tuple(
        Source(name=str(path.relative_to(folder).with_suffix("")), path=path, frame=frame_on_gray, variants=MAX_PLACEMENTS)
        for path in distinct.values()
        if _is_photographic(path)
    )


def _is_photographic(path: Path) -> bool:
    """Whether what is visible of a stamp has the colors of a photograph."""
    pixels = np.asarray(read_image(path, field="pool").convert("RGBA"))
    visible = pixels[pixels[..., 3] > 127][:, :3] @ (1 << 16, 1 << 8, 1)
    return len(np.unique(visible)) >= MIN_COLORS
