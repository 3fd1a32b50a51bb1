"""`manage.py study_create SLUG --name STUDY [--units FILE|ADDRESS…] [--set key=value]…`: a new study."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.urls import reverse

from experiments.contract.fields import parse_settings
from webapp.management import InputCommand
from webapp.participants.consent import default_consent
from webapp.studies.services.study import StudyPlan, study_create


class Command(InputCommand):
    """Plan a study by a paper's design and request its stimuli; it opens when they are all there."""

    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Name the arguments."""
        parser.add_argument("paper", help="slug of the paper, see `python -m experiments list`")
        parser.add_argument("--name", required=True, help="short name: letters, digits, '-'")
        parser.add_argument("--units", nargs="+", default=[], help="unit addresses, or files with one a line; none for images")
        parser.add_argument("--conditions", nargs="+", default=[], help="by default those that the design chooses")
        parser.add_argument(
            "--set", dest="changes", action="append", default=[], metavar="key=value", help="a setting of the design"
        )

    def run(self, options: dict[str, Any]) -> None:
        """Create it and say where it is."""
        plan = StudyPlan(
            name=options["name"],
            paper=options["paper"],
            units=[unit for word in options["units"] for unit in _units(word)],
            conditions=options["conditions"],
            settings=parse_settings(options["changes"]),
        )
        study = study_create(plan, consent=default_consent())
        self.stdout.write(f"{study.name} is {study.state}; participants enter at {reverse('participant:entry', args=[study.id])}")


def _units(word: str) -> list[str]:
    if not Path(word).is_file():
        return [word]
    return [line.strip() for line in Path(word).read_text().splitlines() if line.strip() and not line.startswith("#")]
