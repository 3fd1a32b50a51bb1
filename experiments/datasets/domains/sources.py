"""What images of the domains are made of: photographed objects, drawn objects and photographs, each with a class and a part."""

import hashlib
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from experiments.contract.errors import InputError
from experiments.datasets.photographs import photographs
from experiments.datasets.stamps import FOLDER, stamps

Part = Literal["train", "validation", "test"]
Kind = Literal["object", "drawing", "photograph"]
CYCLE: tuple[Part, ...] = ("train", "train", "validation", "train", "test")
"""Parts of the sources of a kind and class, in the order of their names."""
PHOTOGRAPH_CYCLE: tuple[Part, ...] = ("train", "validation", "test", "train", "train", "validation", "test", "train")
"""The same of photographs, of which there are few."""
CLASSES = (
    *(("bird", "animals/birds"), ("fish", "animals/fish"), ("insect", "animals/insects"), ("mammal", "animals/mammals")),
    *(("fruit", "food/fruit"), ("vegetable", "food/vegetables"), ("flower", "plants/flowers"), ("clothing", "clothes")),
    *(("household", "household"), ("vehicle", "vehicles"), ("vehicle", "military/vehicles"), ("sign", "town/roadsigns")),
    ("planet", "space"),
)
"""Classes by the beginning of a stamp's path; anything else is of the class `OTHER`."""
OTHER = "other"
SCENE = "scene"
"""The class of photographs."""
DARK = {"hubble_deep_field"}
"""Photographs that are black almost everywhere, so that an operation leaves most of their crops as they were."""
DRAWINGS = "cartoon"
"""Folder, at any depth, of stamps that are drawings."""


@dataclass(frozen=True, kw_only=True)
class DomainSource:
    """One object or photograph; all images of it are in one part."""

    name: str
    path: Path
    kind: Kind
    label: str
    part: Part


@cache
def domain_sources() -> tuple[DomainSource, ...]:
    """All sources, by kind and name.

    Raises:
        InputError: The stamps are not installed.
    """
    if not FOLDER.is_dir():
        message = f"there are no stamps in {FOLDER}, of which renditions are made"
        raise InputError(field="images", message=message, remedy="Run apt-get install tuxpaint-stamps-default")
    objects = [(source.name, source.path) for source in stamps()]
    shown = [(f"photographs/{source.name}", source.path) for source in photographs() if source.name not in DARK]
    return (*_parted(objects, kind="object"), *_parted(_drawings(), kind="drawing"), *_parted(shown, kind="photograph"))


def _drawings() -> list[tuple[str, Path]]:
    """The drawn objects, each once."""
    distinct: dict[str, Path] = {}
    for path in sorted(FOLDER.rglob("*.png")):
        if DRAWINGS in path.relative_to(FOLDER).parts and not path.stem.endswith("_mirror"):
            distinct.setdefault(hashlib.sha256(path.read_bytes()).hexdigest(), path)
    return [(str(path.relative_to(FOLDER).with_suffix("")), path) for path in distinct.values()]


def _parted(named: list[tuple[str, Path]], *, kind: Kind) -> list[DomainSource]:
    cycle = PHOTOGRAPH_CYCLE if kind == "photograph" else CYCLE
    seen: Counter[str] = Counter()
    found = []
    for name, path in sorted(named):
        label = SCENE if kind == "photograph" else _label(name)
        found.append(DomainSource(name=name, path=path, kind=kind, label=label, part=cycle[seen[label] % len(cycle)]))
        seen[label] += 1
    return found


def _label(name: str) -> str:
    return next((label for label, beginning in CLASSES if name.startswith(f"{beginning}/")), OTHER)
