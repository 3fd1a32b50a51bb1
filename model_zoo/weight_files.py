"""Finds the file of a model's weights and makes sure that it is the right one; standard library only.

The sha256 is that of the card. Where the source publishes none, and for a file that the operator converted to safetensors, the
operator vouches for it by a `<file>.sha256` beside it, as `sha256sum` writes it.
"""

import hashlib
import re
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from model_zoo.catalogue import MADE_HERE, ModelCard, zoo_folder
from model_zoo.errors import InputError


@dataclass(frozen=True, kw_only=True)
class WeightFile:
    """A file that holds what the card says, or what the operator does."""

    path: Path
    sha256: str


def find(model: ModelCard) -> Path:
    """Where the weights are: a conversion to safetensors before the file that is published.

    Raises:
        InputError: They are nowhere; says which file belongs where.
    """
    published = _published(model)
    converted = published.with_suffix(".safetensors")
    for path in (converted, published):
        if path.is_file():
            return path
    raise InputError(
        field="unit", message=f"the weights of {model.id} are missing: {published}", remedy=_remedy(model, published)
    )


def is_there(model: ModelCard) -> bool:
    """Whether the weights are on this machine, as published or converted; only a load checks that they are the right ones."""
    try:
        find(model)
    except InputError:
        return False
    return True


def checked(model: ModelCard) -> WeightFile:
    """The weights, once the sha256 of their file was found right.

    Raises:
        InputError: They are missing, nobody vouches for them, or they are others.
    """
    path = find(model)
    wanted = model.weights.sha256 if path == _published(model) else ""
    wanted = wanted or _vouched_for(path)
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if not digest.startswith(wanted):
        raise InputError(
            field="unit",
            message=f"{path} has sha256 {digest}, but that of {model.id} is {wanted}",
            remedy=_remedy(model, _published(model)),
        )
    return WeightFile(path=path, sha256=digest)


def _published(model: ModelCard) -> Path:
    if not model.weights.package:
        return zoo_folder() / model.weights.file
    # Found without being imported: the web process asks, too, and wants none of its code.
    spec = find_spec(model.weights.package)
    if spec is None or spec.origin is None:
        raise InputError(
            field="unit",
            message=f"the weights of {model.id} are missing: there is no package {model.weights.package}",
            remedy="Install the extra 'research'",
        )
    return Path(spec.origin).parent / model.weights.file


def _vouched_for(path: Path) -> str:
    beside = path.with_name(f"{path.name}.sha256")
    digest = beside.read_text(encoding="utf-8").split(maxsplit=1)[:1] if beside.is_file() else []
    if not digest or re.fullmatch("[0-9a-f]{64}", digest[0]) is None:
        raise InputError(
            field="unit",
            message=f"nobody vouches for {path}: no sha256 is published, and {beside.name} does not give one",
            remedy=f"If you trust the file, run in its folder: sha256sum {path.name} > {beside.name}",
        )
    return digest[0]


def _remedy(model: ModelCard, path: Path) -> str:
    weights = model.weights
    if weights.package:
        return f"Install the package {weights.package} afresh"
    if model.id.startswith(MADE_HERE):
        return "Make the model anew"
    put = f"From {weights.url} take {path.name}"
    if weights.sha256:
        return f"{put}, whose sha256 begins with {weights.sha256}, and put it into {path.parent}"
    return f"{put} and put it into {path.parent}, with {path.name}.sha256 beside it, for no sha256 of it is published"
