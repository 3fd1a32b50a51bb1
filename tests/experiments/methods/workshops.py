"""A real workshop over a store of its own, and small recipes that it makes in moments."""

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from experiments.contract.artifacts import ArtifactStore, Manifest
from experiments.workshop import LocalWorkshop

UNIT = "efficientnet_lite0.in1k/_blocks.3:5"
POOL: dict[str, Any] = {"pool": "photographs", "pool_size": 100, "pool_resolution": 64, "seed": 3}


def new_workshop(folder: Path) -> LocalWorkshop:
    return LocalWorkshop(store=ArtifactStore(str(folder)), device="cpu", report=lambda _done, _total, _doing: None)


def pixels_of(made: Manifest, name: str, *, workshop: LocalWorkshop, tmp_path: Path) -> np.ndarray:
    path = tmp_path / "read.png"
    path.write_bytes(workshop.store.read_blob(made.file(name).sha256))
    return np.asarray(Image.open(path))
