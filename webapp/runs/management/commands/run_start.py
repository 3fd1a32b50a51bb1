"""`manage.py run_start SLUG [--preset P] [--seed N] [--set key=value]… [--wait]`: a paper's experiment on the worker pool."""

from argparse import ArgumentParser
from typing import Any, get_args

from django.urls import reverse

from experiments.contract.errors import InputError
from experiments.contract.fields import parse_settings
from experiments.contract.recipes.runs import Preset
from webapp.management import InputCommand
from webapp.runs.selectors import RunShown, run_shown
from webapp.runs.services import run_recipe, run_start
from webapp.stimuli.waiting import artifact_await


class Command(InputCommand):
    """Start a run on the worker pool; asked for again, a run that failed or was cancelled goes on."""

    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Name the arguments."""
        parser.add_argument("paper", metavar="SLUG", help="a paper that `python -m experiments list` says can be run")
        parser.add_argument("--preset", choices=get_args(Preset), default="smoke", help="the scale")
        parser.add_argument("--seed", type=int, default=0, help="of every random choice")
        parser.add_argument(
            "--set", dest="changes", action="append", default=[], metavar="key=value", help="a setting of the paper's run"
        )
        parser.add_argument("--wait", action="store_true", help="show the progress, and say what came of it")

    def run(self, options: dict[str, Any]) -> None:
        """Start it; with --wait see it through."""
        settings = parse_settings(options["changes"])
        recipe = run_recipe(options["paper"], preset=options["preset"], seed=options["seed"], settings=settings)
        run_start(recipe, by=None)
        shown = _now(recipe.digest)
        self.stdout.write(f"run {shown.digest[:12]} is {shown.state}; {reverse('run', args=[shown.digest])}")
        if options["wait"]:
            artifact_await(recipe.digest)
            self.stdout.write(_end(_now(recipe.digest)))


def _now(digest: str) -> RunShown:
    shown = run_shown(digest)
    if shown is None:
        raise InputError(field="run", message=f"{digest[:12]} is gone", remedy="Start it again")
    return shown


def _end(shown: RunShown) -> str:
    """What came of it, in words."""
    if not shown.artifact:
        return f"it was {shown.state}"
    verdicts = {True: "holds", False: "does not hold", None: "not judged"}
    claims = [f"{verdicts[claim.holds]}: {claim.statement}: {claim.value or 'no data'}" for claim in shown.run.claims.all()]
    models = [f"in the zoo: {row.model}, {row.title}" for row in shown.run.models.all()]
    return "\n".join([*(f"warning: {warning}" for warning in shown.warnings), *claims, *models])
