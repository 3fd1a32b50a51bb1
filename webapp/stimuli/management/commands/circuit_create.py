"""`manage.py circuit_create --unit ADDRESS --construction gate|silent --target permute|unit|image …`: a circuit on demand."""

from argparse import ArgumentParser
from typing import Any

from django.urls import reverse

from experiments.contract.errors import InputError
from experiments.contract.fields import parse_settings
from webapp.management import InputCommand
from webapp.stimuli.circuits.api import circuit_recipe
from webapp.stimuli.circuits.selectors import CircuitShown, circuit_shown
from webapp.stimuli.services import artifact_request
from webapp.stimuli.waiting import artifact_await

GIVEN = ("unit", "construction", "target", "offset", "donor", "image")


class Command(InputCommand):
    """Order a network whose visualizations lie; it is verified, and published to the zoo if it passes."""

    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Name the arguments; what is left out is the recipe's default."""
        parser.add_argument("--unit", required=True, metavar="ADDRESS", help="the unit whose visualization is to lie")
        parser.add_argument("--construction", choices=("gate", "silent"))
        parser.add_argument("--target", choices=("permute", "unit", "image"))
        parser.add_argument("--offset", type=int, help="permute: how many channels further on the one shown is")
        parser.add_argument("--donor", metavar="ADDRESS", help="unit: the one that is shown")
        parser.add_argument("--image", metavar="PATH", help="image: a file on the worker that is shown")
        parser.add_argument(
            "--set", dest="changes", action="append", default=[], metavar="key=value", help="a field of the recipe"
        )
        parser.add_argument("--wait", action="store_true", help="show the progress, and say what came of it")

    def run(self, options: dict[str, Any]) -> None:
        """Order it; with --wait see it through."""
        given = {name: options[name] for name in GIVEN if options[name] is not None}
        recipe = circuit_recipe({**given, **parse_settings(options["changes"])})
        artifact_request(recipe)
        circuit = _now(recipe.digest)
        self.stdout.write(f"circuit {circuit.digest[:12]} is {circuit.state}; {reverse('circuit', args=[circuit.digest])}")
        if options["wait"]:
            artifact_await(recipe.digest)
            self.stdout.write(_end(_now(recipe.digest)))


def _now(digest: str) -> CircuitShown:
    circuit = circuit_shown(digest)
    if circuit is None:
        raise InputError(field="circuit", message=f"{digest[:12]} is gone", remedy="Order it again")
    return circuit


def _end(circuit: CircuitShown) -> str:
    """What came of it, in words."""
    if circuit.model:
        return f"published as {circuit.model}"
    if circuit.artifact:
        return "\n".join(["not published to the zoo:", *(f"  {reason}" for reason in circuit.reasons)])
    return f"it was {circuit.state}"
