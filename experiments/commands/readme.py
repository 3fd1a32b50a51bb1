"""`readme DIR`: fills the table of results in the README of each paper that has a result below a folder."""

import argparse
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from experiments import papers, registry
from experiments.commands.report import FoundResult, found_results
from experiments.commands.run import RESULTS
from experiments.commands.stages import STAGES
from experiments.contract.errors import InputError

BEGIN, END = "<!-- results -->", "<!-- /results -->"
VERDICTS: Mapping[bool | None, str] = {True: "**holds**", False: "**fails**", None: "not judged"}
HEAD = "| claim | reported | ours | holds |\n|---|---|---|---|"
NO_DATA = "no data at this scale"
TOO_SMALL = "smoke"
"""The preset that claims nothing."""


def add_words(parser: argparse.ArgumentParser) -> None:
    """Declare the words of the command."""
    parser.add_argument("folder", metavar="DIR", type=Path, nargs="?", default=RESULTS, help="by default var/runs")


def fill_readmes(options: argparse.Namespace) -> None:
    """Write the tables between the markers of the READMEs, and print which; what the smallest preset found is left out."""
    results = found_results(options.folder)
    small = [found for found in results if found.result.get("recipe", {}).get("preset") == TOO_SMALL]
    for found in small:
        print(f"left out: {found.folder}, whose preset {TOO_SMALL} claims nothing")
    for path in fill([found for found in results if found not in small], papers_folder=Path(papers.__path__[0])):
        print(path)


def fill(results: Sequence[FoundResult], *, papers_folder: Path) -> list[Path]:
    """Put the results into the READMEs of their papers, and return these.

    Raises:
        InputError: A result is of no paper, or a README has no place for it; then no README was changed.
    """
    written = {}
    by_paper = sorted(results, key=lambda found: str(found.result.get("paper")))
    for slug, found in groupby(by_paper, key=lambda one: str(one.result.get("paper"))):
        path = papers_folder / registry.experiment(slug).slug / "README.md"
        written[path] = filled(path.read_text(encoding="utf-8"), tables(list(found)), name=path)
    for path, text in written.items():
        path.write_text(text, encoding="utf-8")
    return list(written)


def filled(text: str, content: str, *, name: Path) -> str:
    """A README with `content` between its markers, in place of what stood there.

    Raises:
        InputError: A marker is missing.
    """
    if text.count(BEGIN) != 1 or text.count(END) != 1 or text.index(BEGIN) > text.index(END):
        remedy = f"Write a line {BEGIN} and, below it, a line {END} where the table belongs"
        raise InputError(field="README", message=f"{name} does not have each marker once", remedy=remedy)
    before, _, rest = text.partition(BEGIN)
    return f"{before}{BEGIN}\n{content}\n{END}{rest.partition(END)[2]}"


def tables(results: Sequence[FoundResult]) -> str:
    """A table for each result of a paper; a claim that only some have data for stands in theirs."""
    told = {claim["id"] for found in results for claim in found.result["claims"] if claim["value"] is not None}
    blocks = []
    for number, found in enumerate(results):
        claims = [
            claim for claim in found.result["claims"] if claim["value"] is not None or (number == 0 and claim["id"] not in told)
        ]
        blocks.append("\n".join([HEAD, *map(_row, claims), "", _about(found)]))
    return "\n\n".join(blocks)


def _row(claim: Mapping[str, Any]) -> str:
    ours = NO_DATA if claim["value"] is None else claim["value"]
    cells = (claim["statement"], claim["reported"], ours, VERDICTS[claim["holds"]])
    return "| " + " | ".join(re.sub(r"\s+", " ", cell).replace("|", "\\|") for cell in cells) + " |"


def _about(found: FoundResult) -> str:
    """Scale, cost and machine of a result, and what it warns of."""
    recipe, environment = found.result["recipe"], found.result["environment"]
    settings = "".join(f", `{name}={json.dumps(value)}`" for name, value in recipe["settings"].items())
    scale = f"Preset `{recipe['preset']}`, seed {recipe['seed']}{settings}"
    machine = f"{environment['cores']} cores of {environment.get('cpu', environment['machine'])}, device {environment['device']}"
    warnings = "".join(f" Warning: {warning}." for warning in found.result.get("warnings", []))
    return "; ".join([scale, *_cost(found.folder), machine]) + f".{warnings}"


def _cost(folder: Path) -> Iterator[str]:
    path = folder / STAGES
    stages = json.loads(path.read_text()) if path.is_file() else []
    if stages:
        seeds = sorted({len(stage["seeds"]) for stage in stages})
        most = "seed" if seeds == [1] else "seeds"
        steps, minutes = sum(stage["steps"] for stage in stages), sum(stage["seconds"] for stage in stages) / 60
        yield f"{len(stages)} trainings of {' or '.join(map(str, seeds))} {most}, {steps:,} steps in {minutes:.1f} min"
