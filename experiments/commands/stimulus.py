"""`stimulus KIND`: makes a stimulus of a unit and writes its files."""

import argparse
import json
import mimetypes
import os
from pathlib import Path

from experiments import jobs
from experiments.commands.progress import progress_bar
from experiments.contract.artifacts import ArtifactStore, Manifest
from experiments.contract.errors import InputError
from experiments.contract.fields import parse_settings
from experiments.contract.flags import flags
from experiments.contract.local_models import bring_models
from experiments.contract.pool_report import pool_report
from experiments.contract.recipes import STIMULI, recipe_from_json


def add_words(parser: argparse.ArgumentParser) -> None:
    """Declare the words of the command."""
    parser.add_argument("kind", choices=STIMULI)
    parser.add_argument("--unit", required=True, help="address, <model>/<module path>:<channel>")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="a field of the recipe")
    parser.add_argument("--out", type=Path, required=True, help="folder for the images and manifest.json")
    parser.add_argument("--device", default=os.environ.get("DEVICE", "cpu"))


def make_stimulus(options: argparse.Namespace) -> None:
    """Make a stimulus, or take it from the store, and write its files and its manifest."""
    from experiments.workshop import LocalWorkshop  # noqa: PLC0415 -- torch takes seconds, which the other commands need not

    store = ArtifactStore(jobs.artifact_url())
    bring_models(options.unit, store=store)
    settings = parse_settings(options.set)
    for name in {"kind", "unit"} & settings.keys():
        raise InputError(field=name, message="it is set twice", remedy=f"Leave --set {name}=… out")
    recipe = recipe_from_json({**settings, "kind": options.kind, "unit": options.unit})
    options.out.mkdir(parents=True, exist_ok=True)
    with progress_bar() as report:
        manifest = LocalWorkshop(store=store, device=options.device, report=report).obtain(recipe)
    write_files(manifest, store=store, out=options.out)
    for line in [*pool_report(manifest.values), *flags(manifest)]:
        print(line)
    print(f"{len(manifest.files)} files and manifest.json in {options.out}")


def write_files(manifest: Manifest, *, store: ArtifactStore, out: Path) -> None:
    """Write an artifact's files under their names, and its manifest."""
    for stored in manifest.files:
        suffix = "" if Path(stored.name).suffix else mimetypes.guess_extension(stored.media_type) or ""
        path = out / f"{stored.name}{suffix}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(store.read_blob(stored.sha256))
    (out / "manifest.json").write_text(json.dumps(manifest.as_json(), indent=1))
