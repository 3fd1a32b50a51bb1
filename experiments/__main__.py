"""The command line: `list`, `run`, `report`, `readme` for papers, a `stimulus` of a unit, `shards` of images, a `bot`."""

import argparse
import sys
from collections.abc import Sequence

from experiments import registry
from experiments.commands import bots, readme, report, run, shards, stimulus
from experiments.contract.errors import InputError

BAD_INPUT = 2
"""Exit code, as argparse's own."""
INTERRUPTED = 130
"""As a shell reports a program that Ctrl-C ended."""


def main(words: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; bad input is one line on stderr."""
    options = _parser().parse_args(words)
    try:
        options.do(options)
    except InputError as error:
        print(error, file=sys.stderr)
        return BAD_INPUT
    except OSError as error:
        print(f"{error.filename or 'disk'}: {error.strerror or error}", file=sys.stderr)
        return BAD_INPUT
    except KeyboardInterrupt:
        print("Interrupted", file=sys.stderr)
        return INTERRUPTED
    return 0


def list_papers(_options: argparse.Namespace) -> None:
    """Print the papers as a table."""
    for slug, paper in registry.experiments().items():
        asks, runs = "asks people" if paper.asks_people else "asks nobody", "can be run" if paper.runs else "has no run"
        print(f"{slug:<28} {asks:<12} {runs:<11} {paper.title} ({paper.citation})")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m experiments", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    commands.add_parser("list", help="the papers").set_defaults(do=list_papers)
    for name, about, module, do in (
        ("run", "make a paper's experiment", run, run.run_paper),
        ("report", "all results as one HTML page", report, report.write_report),
        ("readme", "fill the tables of results in the papers' READMEs", readme, readme.fill_readmes),
        ("stimulus", "make a stimulus of a unit", stimulus, stimulus.make_stimulus),
        ("shards", "count, de-duplicate, label or subsample WebDataset shards", shards, shards.work_on_shards),
        ("bot", "send simulated participants through a study", bots, bots.send_bots),
    ):
        command = commands.add_parser(name, help=about)
        module.add_words(command)
        command.set_defaults(do=do)
    return parser


if __name__ == "__main__":
    sys.exit(main())
