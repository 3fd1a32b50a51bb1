"""Remembers in a folder of results which run was begun there, so that a run that goes on there is the same. Called by `run`."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from experiments.contract.errors import InputError
from experiments.contract.fields import Json
from experiments.contract.recipes import Recipe


@contextmanager
def begun_in(folder: Path, recipe: Recipe) -> Iterator[None]:
    """Mark a folder as that of `recipe` while the block runs; after a kill the mark stays until the run was made.

    Raises:
        InputError: Another run was begun there and not ended, or the mark is damaged.
    """
    mark = folder / "begun.json"
    asked = json.loads(json.dumps(recipe.as_json()))
    if mark.is_file():
        _require_same(_read(mark), asked, folder=folder)
    folder.mkdir(parents=True, exist_ok=True)
    # By rename: a kill leaves the old mark or the new one.
    passing = mark.with_suffix(".passing")
    passing.write_text(json.dumps(asked))
    passing.replace(mark)
    try:
        yield
    except InputError:
        # It never went on; another try may be asked for otherwise.
        mark.unlink()
        raise
    mark.unlink()


def _read(mark: Path) -> Mapping[str, Json]:
    try:
        begun = json.loads(mark.read_bytes())
    except ValueError:
        begun = None
    if not isinstance(begun, dict):
        raise InputError(field="out", message=f"{mark} is damaged", remedy="Remove it to begin anew, or give another --out")
    return begun


def _require_same(begun: Mapping[str, Json], asked: Mapping[str, Json], *, folder: Path) -> None:
    changed = [name for name in sorted({*begun, *asked}) if begun.get(name) != asked.get(name)]
    if changed:
        name = changed[0]
        message = f"the run that was begun in {folder} has {begun.get(name)!r}, not {asked.get(name)!r}"
        remedy = "Ask for the same to go on, give another --out, or remove begun.json there to begin anew"
        raise InputError(field=name, message=message, remedy=remedy)
