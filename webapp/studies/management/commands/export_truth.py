"""`manage.py export_truth --study S [--out F]`: for simulated observers that need to know what is right."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from webapp.management import InputCommand
from webapp.studies.selectors import study_by_name
from webapp.studies.truth import truth_write


class Command(InputCommand):
    """Write the activations of a study's images, by unit; never give this file to a participant."""

    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Name the arguments."""
        parser.add_argument("--study", required=True, help="name or id of the study")
        parser.add_argument("--out", type=Path, help="by default var/truth/<study id>.json, where bots look")

    def run(self, options: dict[str, Any]) -> None:
        """Export."""
        self.stdout.write(str(truth_write(study_by_name(options["study"]), options["out"])))
