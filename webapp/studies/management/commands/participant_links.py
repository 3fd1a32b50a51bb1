"""`manage.py participant_links STUDY ID… --site https://host`: a signed link for each person whom no recruiter sends."""

from argparse import ArgumentParser
from typing import Any

from webapp.management import InputCommand
from webapp.studies.participant.links import person_link
from webapp.studies.selectors import study_by_name


class Command(InputCommand):
    """Print a line with id and link for each person; by it, and not by the id alone, they go on in any browser."""

    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Name the arguments."""
        parser.add_argument("study", help="name or id")
        parser.add_argument("ids", nargs="+", metavar="ID", help="1 to 64 letters and digits, of your own choice")
        parser.add_argument("--site", required=True, help="where this server is reached, https://host")

    def run(self, options: dict[str, Any]) -> None:
        """Print them."""
        study = study_by_name(options["study"])
        for external_id in options["ids"]:
            self.stdout.write(f"{external_id} {options['site'].rstrip('/')}{person_link(study, external_id)}")
