"""`run SLUG`: makes a paper's experiment at one of its scales, writes `result.json` and figures, and prints the claims."""

import argparse
import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, cast, get_args

from experiments import jobs, registry
from experiments.commands.stages import STAGES, stages_of
from experiments.commands.stimulus import write_files
from experiments.contract.artifacts import ArtifactStore
from experiments.contract.fields import parse_settings
from experiments.contract.local_models import bring_models
from experiments.contract.recipes import recipe_from_json
from experiments.contract.recipes.runs import Preset, Run

RESULTS = jobs.VAR / "runs"
"""Where results are written if nobody says otherwise, and where `report` looks for them."""
VERDICTS: Mapping[bool | None, str] = {True: "holds", False: "does not hold", None: "not judged"}


def add_words(parser: argparse.ArgumentParser) -> None:
    """Declare the words of the command."""
    parser.add_argument("paper", metavar="SLUG", help="a paper that `list` says can be run")
    parser.add_argument("--preset", choices=get_args(Preset), default="smoke", help="the scale")
    parser.add_argument("--seed", type=int, default=0, help="of every random choice")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="a setting of the paper")
    parser.add_argument("--out", type=Path, help="folder for result.json and figures; by default below var/runs")
    parser.add_argument("--device", default=os.environ.get("DEVICE", "cpu"))
    parser.add_argument("--processes", type=int, default=1, metavar="N", help="stages made side by side; 1")


def run_paper(options: argparse.Namespace) -> None:
    """Make the run, or take it from the store; what was made before an interruption is not made again."""
    registry.runner(options.paper)
    from experiments.commands.making import obtain_run  # noqa: PLC0415 -- torch takes seconds, which other commands need not

    settings = parse_settings(options.set)
    store = ArtifactStore(jobs.artifact_url())
    bring_models(settings, store=store)
    body = {"kind": "run", "paper": options.paper, "preset": options.preset, "seed": options.seed, "settings": settings}
    recipe = cast(Run, recipe_from_json(body))
    out = options.out or RESULTS / f"{options.paper}-{options.preset}-{recipe.digest[:12]}"
    out.mkdir(parents=True, exist_ok=True)
    manifest = obtain_run(recipe, device=options.device, processes=options.processes, out=out)
    if manifest is None:
        return
    write_files(manifest, store=store, out=out)
    (out / STAGES).write_text(json.dumps(stages_of(manifest, store=store), indent=1))
    result = json.loads((out / "result.json").read_text())
    for warning in result.get("warnings", []):
        print(f"warning: {warning}")
    print(claims_table(result["claims"]))
    print(f"\nresult.json and {len(manifest.files) - 1} more files in {out}")


def claims_table(claims: Iterable[Mapping[str, Any]]) -> str:
    """The claims as people read them in a terminal: what was reported, what came out here, and whether that holds."""
    blocks = []
    for claim in claims:
        ours = "no data at this scale" if claim["value"] is None else claim["value"]
        heading = f"{VERDICTS[claim['holds']].upper():<14} {claim['statement']}"
        blocks.append(f"{heading}\n{'reported':>14} {claim['reported']}\n{'ours':>14} {ours}")
    return "\n\n".join(blocks)
