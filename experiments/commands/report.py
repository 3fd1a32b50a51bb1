"""`report [DIR]`: all results below a folder as one HTML page that needs no other file and no network."""

import argparse
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from experiments.commands.report_page import page
from experiments.commands.run import RESULTS
from experiments.contract.errors import InputError


@dataclass(frozen=True, kw_only=True)
class FoundResult:
    """A `result.json` and the figures beside it."""

    folder: Path
    result: dict[str, Any]

    def figures(self) -> Iterator[tuple[str, bytes]]:
        """Caption and SVG of each figure whose file is there."""
        for figure in self.result.get("figures", []):
            path = self.folder / f"{figure['name']}.svg"
            if path.is_file():
                yield figure["caption"], path.read_bytes()


def add_words(parser: argparse.ArgumentParser) -> None:
    """Declare the words of the command."""
    parser.add_argument("folder", metavar="DIR", type=Path, nargs="?", default=RESULTS, help="by default var/runs")


def write_report(options: argparse.Namespace) -> None:
    """Write `report.html` into the folder."""
    results = found_results(options.folder)
    path = options.folder / "report.html"
    path.write_text(page(results), encoding="utf-8")
    print(f"{len(results)} results in {path}")


def found_results(folder: Path) -> list[FoundResult]:
    """All results below a folder, in the order of their paths.

    Raises:
        InputError: There is none, or one of them is no result.
    """
    paths = sorted(folder.rglob("result.json"))
    if not paths:
        remedy = "Make one: python -m experiments run SLUG"
        raise InputError(field="folder", message=f"there is no result.json below {folder}", remedy=remedy)
    return [FoundResult(folder=path.parent, result=_read(path)) for path in paths]


def _read(path: Path) -> dict[str, Any]:
    try:
        result = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise _no_result(path) from error
    if not isinstance(result, dict) or "claims" not in result:
        raise _no_result(path)
    return result


def _no_result(path: Path) -> InputError:
    return InputError(field="folder", message=f"{path} is no result of an experiment", remedy="Remove it, or make the run again")
