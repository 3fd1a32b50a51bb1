"""`manage.py shards_deduplicate --shards TAR… --out FOLDER [--set key=value]…`: duplicates, found by all GPU workers."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from experiments.contract.errors import InputError
from experiments.contract.fields import build, parse_settings, require
from experiments.contract.recipes import Deduplication, Recipe, ShardContents, ShardList
from webapp.management import InputCommand
from webapp.stimuli.models import Artifact
from webapp.stimuli.selectors import store
from webapp.stimuli.services import artifact_request
from webapp.stimuli.waiting import artifact_await


class Command(InputCommand):
    """Order a de-duplication, see it through and write its lists; interrupted and asked for again, it goes on."""

    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Name the arguments."""
        parser.add_argument("--shards", nargs="+", required=True, type=Path, metavar="TAR", help="paths, here and on the workers")
        parser.add_argument("--out", required=True, type=Path, help="folder for the lists")
        parser.add_argument(
            "--set", dest="changes", action="append", default=[], metavar="key=value", help="a field of the de-duplication"
        )

    def run(self, options: dict[str, Any]) -> None:
        """Have the list of shards made and then the de-duplication."""
        out: Path = options["out"]
        require(out.is_dir() or not out.exists(), "out", f"{out} is no folder", "Give a folder, which is made if it is missing")
        shards = [ShardContents.at(path).as_json() for path in options["shards"]]
        listing = ShardList(shards=tuple({name: shard[name] for name in ("path", "bytes", "modified_ns")} for shard in shards))
        recipe = build(Deduplication, {**parse_settings(options["changes"]), "listing": listing.digest})
        _made(listing)
        manifest = _made(recipe).read_manifest()
        out.mkdir(parents=True, exist_ok=True)
        for file in manifest.files:
            (out / file.name).write_bytes(store().read_blob(file.sha256))
        (out / "manifest.json").write_text(json.dumps(manifest.as_json(), indent=1))
        self.stdout.write(f"{manifest.values['kept']} of {manifest.values['samples']} samples kept; lists in {out}")


def _made(recipe: Recipe) -> Artifact:
    """The artifact of a recipe, ordered and seen through.

    Raises:
        InputError: The job failed, with the error that ended it, or was cancelled.
    """
    artifact_request(recipe)
    made = artifact_await(recipe.digest)
    if made is None:
        raise InputError(field="job", message="it was cancelled", remedy="Ask for it again; what was made is kept")
    return made
