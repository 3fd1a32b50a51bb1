"""Small files in the formats of the published sets."""

import pickle
from pathlib import Path

import numpy as np
from PIL import Image

from experiments.datasets.kitti_masks import FILE

LENGTHS = (4, 1, 6, 2)


def write_masks(folder: Path, *, protocol: int = 4, times: int = 1) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """KITTI Masks: sequences of squares that move, with their places and areas."""
    rng = np.random.default_rng(0)
    masks, factors = [], []
    for length in LENGTHS * times:
        frames = np.zeros((length, 64, 64), dtype=bool)
        places = rng.integers(5, 40, size=(length, 2))
        sizes = rng.integers(4, 20, size=length)
        for frame, (down, across), size in zip(frames, places, sizes, strict=True):
            frame[down : down + size, across : across + size] = True
        masks.append(frames)
        factors.append(np.column_stack([places + sizes[:, None] / 2, sizes**2]).astype(float))
    content = {"pedestrians": masks, "pedestrians_latents": factors}
    (folder / FILE).write_bytes(pickle.dumps(content, protocol=protocol))
    return masks, factors


def write_identified(folder: Path, *, images: int = 24, side: int = 32) -> None:
    """3DIdent: plain images whose color follows from the first three of ten factors."""
    rng = np.random.default_rng(0)
    for part in ("train", "test"):
        factors = rng.uniform(-1, 1, size=(images, 10))
        (folder / part / "images").mkdir(parents=True)
        np.save(folder / part / "raw_latents.npy", factors)
        for number, row in enumerate(factors):
            color = tuple(int(value) for value in 127 * (1 + row[:3]))
            Image.new("RGB", (side, side), color).save(folder / part / "images" / f"{number:02d}.png")
