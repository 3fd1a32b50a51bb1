"""`manage.py participant_links STUDY ID… --site https://host`: a signed link for each person whom no recruiter sends."""

from argparse import ArgumentParser
from typing import Any
from urllib.parse import urlsplit

from experiments.contract.fields import require
from webapp.management import InputCommand
from webapp.participants.services import EXTERNAL_ID
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
        study, site = study_by_name(options["study"]), urlsplit(options["site"])
        is_site = site.scheme in ("http", "https") and bool(site.netloc) and not (site.query or site.fragment)
        require(is_site, "site", f"{options['site']!r} is no address of a site", "Give it as https://host")
        for external_id in options["ids"]:
            told = f"{external_id!r} is not made of 1 to 64 letters, digits, _ and -"
            require(bool(EXTERNAL_ID.fullmatch(external_id)), "id", told, "Choose another id")
        for external_id in options["ids"]:
            self.stdout.write(f"{external_id} {options['site'].rstrip('/')}{person_link(study, external_id)}")
