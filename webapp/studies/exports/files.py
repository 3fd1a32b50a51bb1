"""Exports as files on a disk, each with a receipt beside it. Called by `manage.py export_responses`."""

import hashlib
import json
from collections.abc import Generator
from pathlib import Path

from experiments.contract.errors import InputError
from webapp.out_files import out_file, text_write, unfinished_file
from webapp.studies.exports.receipts import Receipt, export_receipted
from webapp.studies.exports.selection import Selection
from webapp.studies.models import Study


def export_to_file(study: Study, out: Path, *, form: str, selection: Selection) -> Receipt:
    """Write `out`, `out`.sha256 as sha256sum has it, and `out`.json, the receipt. Only their owner may read them.

    The file appears under its name when it is whole; whatever fails, an older one stays as it was. A link is followed.

    Raises:
        InputError: The format is unknown, or `out` is a folder, a pipe or a device, which no file must replace.
        OSError: It cannot be written.
    """
    pieces = export_receipted(study, form=form, selection=selection, tell=lambda _: None)
    out = out_file(out)
    unfinished = unfinished_file(out)
    try:
        receipt = _written(pieces, unfinished)
        sums, told = _beside(out, "sha256"), _beside(out, "json")
        text_write(sums, f"{receipt['sha256']}  {out.name}\n")
        text_write(told, json.dumps(receipt, indent=2) + "\n")
        unfinished.replace(out)
    finally:
        unfinished.unlink(missing_ok=True)
    return receipt


def file_verify(path: Path) -> Receipt:
    """The receipt of an exported file that is as it was written.

    Raises:
        InputError: It has no receipt, or it differs from it.
    """
    told = _beside(path, "json")
    try:
        receipt: Receipt = json.loads(told.read_text())
        size, sha256 = receipt["bytes"], receipt["sha256"]
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        raise InputError(
            field="verify", message=f"{told} is no receipt", remedy="Keep it beside the file, or export again"
        ) from None
    if not path.is_file():
        raise InputError(field="verify", message=f"{path} is no file", remedy="Name the exported file")
    if path.stat().st_size != size:
        message = f"{path} has {path.stat().st_size} bytes and was written with {size}"
        raise InputError(field="verify", message=message, remedy="Copy it again, or export again")
    with path.open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != sha256:
            raise InputError(field="verify", message=f"{path} was changed", remedy="Copy it again, or export again")
    return receipt


def _written(pieces: Generator[bytes, None, Receipt], path: Path) -> Receipt:
    with path.open("wb") as file:
        while True:
            try:
                file.write(next(pieces))
            except StopIteration as end:
                receipt: Receipt = end.value
                return receipt


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(f"{path.name}.{suffix}")
