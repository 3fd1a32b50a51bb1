"""`manage.py hit_create STUDY --site https://host --places N [--hours N]`: offer a study on Mechanical Turk."""

from argparse import ArgumentParser
from typing import Any

from webapp.management import InputCommand
from webapp.studies.selectors import study_by_name
from webapp.studies.services.hit import hit_create


class Command(InputCommand):
    """Make the HIT of a study that recruits through Mechanical Turk."""

    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Name the arguments."""
        parser.add_argument("study", help="name or id")
        parser.add_argument("--site", required=True, help="where this server is reached, https://host")
        parser.add_argument("--places", required=True, type=int, help="how many workers may take part")
        parser.add_argument("--hours", default=24, type=int, help="how long it is offered")

    def run(self, options: dict[str, Any]) -> None:
        """Make it and say its id."""
        study = study_by_name(options["study"])
        hit_id = hit_create(study, site=options["site"], places=options["places"], hours=options["hours"])
        self.stdout.write(f"{study.name} is offered as HIT {hit_id}")
