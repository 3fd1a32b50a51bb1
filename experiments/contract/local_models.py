"""Brings models made here from the artifact store into the zoo folder of this machine, where loader and catalogue find them."""

import os
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from experiments.contract.artifacts import ArtifactStore
from experiments.contract.fields import Json, canonical_json
from model_zoo.catalogue import MADE_HERE, MODEL_MADE_HERE, zoo_folder

CARD, WEIGHTS = "card.json", "weights.safetensors"
"""Files of an artifact that is a model; one without them is none, such as a circuit that was not published."""


def model_id(digest: str) -> str:
    """The id of the model that an artifact holds."""
    return f"{MADE_HERE}{digest[:12]}"


def is_model(files: Sequence[Mapping[str, Any]]) -> bool:
    """Whether an artifact with these files, as its manifest's JSON lists them, is a model."""
    return {CARD, WEIGHTS} <= {file["name"] for file in files}


def bring_models(named_in: Json, *, store: ArtifactStore) -> None:
    """Make sure that every model made here whose id occurs in some JSON is in the zoo folder, if the store has it."""
    for name in sorted(set(MODEL_MADE_HERE.findall(canonical_json(named_in)))):
        _bring(name, store=store)


def _bring(name: str, *, store: ArtifactStore) -> None:
    folder = zoo_folder() / name
    if (folder / CARD).is_file():
        return
    for digest in store.digests(name.removeprefix(MADE_HERE)):
        manifest = store.manifest(digest)
        files = {file.name: file for file in manifest.files} if manifest else {}
        if CARD in files and WEIGHTS in files:
            card = store.read_blob(files[CARD].sha256)
            _write_whole(folder / WEIGHTS, store.read_blob(files[WEIGHTS].sha256))
            # The models that a circuit was put into, however deep.
            for base in sorted(set(MODEL_MADE_HERE.findall(card.decode())) - {name}):
                _bring(base, store=store)
            # The card last: a model is there once its card is, and whole even if this process is killed on the way.
            _write_whole(folder / CARD, card)


def _write_whole(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    passing = path.with_name(f".{uuid.uuid4().hex}")
    passing.write_bytes(content)
    os.replace(passing, path)
