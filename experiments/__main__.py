"""The command line of the experiments: `list` the papers, make a `stimulus`, send a `bot` through a study."""

import argparse
import hashlib
import json
import mimetypes
import os
import secrets
import sys
from collections.abc import Sequence
from pathlib import Path

from tqdm import tqdm

from experiments import jobs, registry
from experiments.contract.artifacts import ArtifactStore, Manifest
from experiments.contract.errors import InputError
from experiments.contract.fields import Json, parse_settings
from experiments.contract.local_models import bring_models
from experiments.contract.pool_report import pool_report
from experiments.contract.recipes import STIMULI, recipe_from_json
from experiments.methods.bots import Outcome, Run, TakePart, run_sessions
from experiments.methods.http_bots import take_part_by_http
from experiments.methods.observers.makers import OBSERVERS, make_observer
from experiments.methods.participant_link import Link

BAD_INPUT = 2
"""Exit code, as argparse's own."""


def main(words: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; bad input is one line on stderr."""
    options = _parser().parse_args(words)
    try:
        {"list": list_papers, "stimulus": make_stimulus, "bot": send_bots}[options.command](options)
    except InputError as error:
        print(error, file=sys.stderr)
        return BAD_INPUT
    except OSError as error:
        print(f"{error.filename or 'disk'}: {error.strerror or error}", file=sys.stderr)
        return BAD_INPUT
    return 0


def list_papers(options: argparse.Namespace) -> None:
    """Print the papers as a table."""
    for slug, paper in registry.experiments().items():
        print(f"{slug:<28} {'asks people' if paper.asks_people else 'asks nobody':<12} {paper.title} ({paper.citation})")


def make_stimulus(options: argparse.Namespace) -> None:
    """Make a stimulus, or take it from the store, and write its files and its manifest."""
    from experiments.workshop import LocalWorkshop  # noqa: PLC0415 -- torch takes seconds, which `list` and `bot` need not

    store = ArtifactStore(jobs.artifact_url())
    bring_models(options.unit, store=store)
    recipe = recipe_from_json({**parse_settings(options.set), "kind": options.kind, "unit": options.unit})
    options.out.mkdir(parents=True, exist_ok=True)
    with tqdm(total=1, desc="starting", leave=False, disable=None) as bar:

        def report(done: int, total: int, doing: str) -> None:
            bar.total, bar.n = total, done
            bar.set_description(doing)

        manifest = LocalWorkshop(store=store, device=options.device, report=report).obtain(recipe)
        report(1, 1, "made")
    write_files(manifest, store=store, out=options.out)
    for line in pool_report(manifest.values):
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


def send_bots(options: argparse.Namespace) -> None:
    """Send simulated participants through a study and print what came of it."""
    link = Link.parse(options.link)
    truth = options.truth or jobs.VAR / "truth" / f"{link.study}.json"
    run = Run(observer_name=options.observer, sessions=options.sessions, seed=options.seed, dropout=options.dropout)
    observer = make_observer(options.observer, settings=_observer_settings(options), truth=truth, study=link.study)
    take_part = _take_part_in_browser() if options.browser else take_part_by_http
    with tqdm(total=options.sessions, desc=f"{options.observer} observer", leave=False, disable=None) as bar:
        outcomes, taken_part = run_sessions(link, run, observer=observer, take_part=take_part, report=bar.update)
    if not outcomes:
        message = f"all {taken_part} participants of seed {options.seed} have taken part before"
        raise InputError(field="seed", message=message, remedy="Give another --seed for new ones")
    print(f"seed {options.seed}\n{summary(outcomes, taken_part=taken_part)}")


def _observer_settings(options: argparse.Namespace) -> dict[str, Json]:
    """The settings of the observer; prints the sha256 of the files among them."""
    named = {name: getattr(options, name) for name in ("alpha", "weights", "backbone") if getattr(options, name) is not None}
    settings = {**parse_settings(options.set), **named}
    for name in ("weights", "backbone"):
        if Path(str(settings.get(name, ""))).is_file():
            with Path(settings[name]).open("rb") as file:
                print(f"{name} {settings[name]} sha256 {hashlib.file_digest(file, 'sha256').hexdigest()}")
    return settings


def _take_part_in_browser() -> TakePart:
    try:
        from experiments.methods.browser_bots import take_part_in_browser  # noqa: PLC0415 -- Playwright comes with `dev` only
    except ImportError as error:
        remedy = "Install the extra `dev`, or leave --browser out"
        raise InputError(field="browser", message=f"{error.name} is not installed", remedy=remedy) from error
    return take_part_in_browser


def summary(outcomes: Sequence[Outcome], *, taken_part: int) -> str:
    """The table at the end of a run of bots."""
    judged = [correct for outcome in outcomes for correct in outcome.judged]
    accuracy = f"{sum(judged) / len(judged):.3f} of {len(judged)} main and catch trials" if judged else "not told by this study"
    finished = sum(outcome.finished for outcome in outcomes)
    rows = {
        "simulated sessions finished": str(finished),
        "left before the end, as --dropout asks": str(len(outcomes) - finished),
        "had taken part before": str(taken_part),
        "answers, with practice": str(sum(outcome.answers for outcome in outcomes)),
        "accuracy": accuracy,
    }
    return "\n".join(f"{label:<42} {value}" for label, value in rows.items())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m experiments", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", help="the papers")

    stimulus = commands.add_parser("stimulus", help="make a stimulus of a unit")
    stimulus.add_argument("kind", choices=STIMULI)
    stimulus.add_argument("--unit", required=True, help="address, <model>/<module path>:<channel>")
    stimulus.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="a field of the recipe")
    stimulus.add_argument("--out", type=Path, required=True, help="folder for the images and manifest.json")
    stimulus.add_argument("--device", default=os.environ.get("DEVICE", "cpu"))

    bot = commands.add_parser("bot", help="send simulated participants through a study")
    bot.add_argument("--link", required=True, help="the participants' link of the study")
    bot.add_argument("--sessions", type=int, default=1)
    bot.add_argument("--observer", choices=OBSERVERS, default="ideal")
    bot.add_argument(
        "--seed", type=int, default=secrets.randbelow(10**6), help="a seed run again goes on where it was interrupted"
    )
    bot.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="a setting of the observer")
    bot.add_argument("--alpha", type=float, help="similarity: slope of the probability")
    bot.add_argument("--weights", metavar="FILE", help="similarity: LPIPS's channel weights, safetensors")
    bot.add_argument("--backbone", metavar="FILE", help="similarity: torchvision's AlexNet or VGG16 for them, safetensors")
    bot.add_argument("--dropout", type=float, default=0.0, metavar="SHARE", help="of the sessions; these stop and never finish")
    bot.add_argument("--truth", type=Path, help="file of manage.py export_truth; by default var/truth/<study id>.json")
    bot.add_argument("--browser", action="store_true", help="in Chromium instead of plain HTTP")
    return parser


if __name__ == "__main__":
    sys.exit(main())
