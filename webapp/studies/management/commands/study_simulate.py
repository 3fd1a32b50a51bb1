"""`manage.py study_simulate SLUG [--sessions N] [--observer NAME]`: a simulated study and its analysis by one command."""

import sys
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.urls import reverse

from experiments import jobs, registry
from experiments.contract.fields import parse_settings
from webapp.management import InputCommand
from webapp.studies.one_machine import simulation
from webapp.studies.one_machine.children import ChildDied


class Command(InputCommand):
    """Plan a small study, make its stimuli, send simulated participants, analyze, and print what came out."""

    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Name the arguments."""
        parser.add_argument("paper", help="slug of the paper, see `python -m experiments list`")
        parser.add_argument("--name", default="", help="short name of the study; by default made of slug and time")
        parser.add_argument("--sessions", type=int, default=20)
        usual = "by default noisy, where labels are asked for lapsing; see `python -m experiments bot --help`"
        parser.add_argument("--observer", default="", help=usual)
        parser.add_argument("--seed", type=int, default=1, help="of the observers")
        parser.add_argument("--units", type=int, default=4)
        parser.add_argument("--conditions", nargs="+", default=[], help="by default the usual ones of the design")
        parser.add_argument("--out", type=Path, help="folder for tables and figures; by default var/simulated/<name>")
        parser.add_argument(
            "--set", dest="changes", action="append", default=[], metavar="key=value", help="a setting of the design"
        )

    def run(self, options: dict[str, Any]) -> None:
        """Simulate."""
        name = options["name"] or f"{options['paper'].partition('_')[0]}-simulated-{int(time.time())}"
        plan = simulation.small_plan(
            options["paper"],
            name=name,
            units=options["units"],
            seed=options["seed"],
            conditions=options["conditions"],
            settings=parse_settings(options["changes"]),
        )
        observer = options["observer"] or usual_observer(options["paper"])
        try:
            study, manifest = simulation.run(plan, sessions=options["sessions"], observer=observer, seed=options["seed"])
        except KeyboardInterrupt:
            self.stderr.write("Stopped; the same --name cannot be used again, the stimuli that were made can.")
            sys.exit(130)
        except ChildDied as died:
            self.stderr.write(str(died))
            sys.exit(1)
        self.stdout.write(f"\n{study.name}: {simulation.CAPTION}; seed {options['seed']}")
        out = options["out"] or jobs.VAR / "simulated" / study.name
        self.stdout.write(simulation.summary(simulation.analysis_write(manifest, out)))
        self.stdout.write(f"Tables (CSV), figures (SVG) and result.json in {out}")
        self.stdout.write(f"Result page, where the web server runs: {reverse('results', args=[study.id])}")


def usual_observer(paper: str) -> str:
    """One that can answer what a paper's design asks, and errs now and then."""
    return "lapsing" if registry.design(paper).TASK == "domain_choice" else "noisy"
