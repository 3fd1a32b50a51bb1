"""Trials as observers see them, made up for tests, and truth files about them."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from experiments.methods.observers.seen import Phase, SeenImage, SeenTrial

STUDY = "12345678-1234-1234-1234-123456789012"


def seen(
    places: Mapping[str, str | SeenImage],
    *,
    phase: Phase = "main",
    number: int = 0,
    count: int = 10,
    participant: str = "p",
    plan: Mapping[str, Any] | None = None,
) -> SeenTrial:
    """A trial; an image that is a text has that for its sha256."""
    images = {place: image if isinstance(image, SeenImage) else image_called(image) for place, image in places.items()}
    told = {"id": f"{participant}-{phase}-{number}", "answered": False, **(plan or {})}
    return SeenTrial(participant=participant, phase=phase, number=number, count=count, plan=told, images=images)


def image_called(sha256: str) -> SeenImage:
    """An image of which only the sha256 matters."""
    return SeenImage(sha256=sha256, content=b"", url="/image", headers={}, seconds=0.01)


def image_of(
    content: bytes, *, url: str = "/image", headers: Mapping[str, str] | None = None, seconds: float = 0.01
) -> SeenImage:
    """An image with this content."""
    sha256 = hashlib.sha256(content).hexdigest()
    return SeenImage(sha256=sha256, content=content, url=url, headers=headers or {}, seconds=seconds)


def truth_file(
    folder: Path, units: Mapping[str, Mapping[str, float]], *, parts: Mapping[str, str] | None = None, study: str = STUDY
) -> Path:
    """A truth file as the export writes it."""
    path = folder / "truth.json"
    path.write_text(json.dumps({"study": study, "task": "two_afc", "units": units, "parts": parts or {}}))
    return path
