"""`manage.py capacity [--responses N] [--units N] …`: what such a study needs, beside ten and a thousand times it."""

import dataclasses
from argparse import ArgumentParser
from typing import Any

from webapp.management import InputCommand
from webapp.operation.capacity import Constants, Size, capacity_table

FACTORS = (1, 10, 1000)


class Command(InputCommand):
    """Print the table; without options it is about the published study."""

    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Name the arguments: the fields of Size."""
        for field in dataclasses.fields(Size):
            parser.add_argument(
                f"--{field.name.replace('_', '-')}", type=int, default=field.default, help=f"by default {field.default}"
            )

    def run(self, options: dict[str, Any]) -> None:
        """Print."""
        size = Size(**{field.name: options[field.name] for field in dataclasses.fields(Size)})
        constants = Constants.read()
        self.stdout.write(capacity_table({f"{factor:,} ×": size.times(factor) for factor in FACTORS}, constants=constants))
        self.stdout.write(f"\nMeasured on {constants.measured}: {constants.machine}.")
