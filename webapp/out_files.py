"""The file that a command is told to write by `--out`: what it may be, its format, and text that is whole or not there."""

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from experiments.contract.errors import InputError
from experiments.contract.fields import require


def out_file(out: Path) -> Path:
    """Where to write, in a folder that is there now; a link is followed.

    Raises:
        InputError: It is a folder, a pipe or a device, which no file must replace.
        OSError: The folder cannot be made.
    """
    if str(out) == "-" or (out.exists() and not out.is_file()):
        raise InputError(field="out", message=f"{out} is no file", remedy="Name a new file")
    target = out.resolve()
    target.parent.mkdir(parents=True, exist_ok=True)
    return target


def out_format(out: Path, told: str | None, *, suffixes: Mapping[str, str], default: str) -> str:
    """The format that was told, else that of the file's name; `suffixes` has the suffix of each format.

    Raises:
        InputError: The name says another one, or one that is none of them.
    """
    name = out.name.lower()
    named = next((form for form, suffix in suffixes.items() if name.endswith(f".{suffix}")), None)
    form = told or named or default
    if named:
        fitting = {named}
    else:
        fitting = {each for each, suffix in suffixes.items() if out.suffix and suffix.endswith(out.suffix.lower())}
    endings = ", ".join(f".{suffix}" for suffix in suffixes.values())
    is_clear = bool(told or fitting or not out.suffix)
    require(is_clear, "out", f"{out.name} says no format that is written", f"Name a file that ends in {endings}, or add --format")
    if fitting and form in suffixes and form not in fitting:
        remedy = f"Name a file that ends in .{suffixes[form]}, or another --format"
        raise InputError(field="format", message=f"{form} does not go into {out.name}", remedy=remedy)
    return form


def text_write(path: Path, text: str) -> None:
    """A file that only its owner may read; whatever fails, an older one stays as it was."""
    unfinished = unfinished_file(path)
    try:
        unfinished.write_text(text)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def unfinished_file(path: Path) -> Path:
    """A new file beside it, which nobody else writes to or reads."""
    descriptor, name = tempfile.mkstemp(prefix=f"{path.name}.", suffix=".unfinished", dir=path.parent)
    os.close(descriptor)
    return Path(name)
