"""`manage.py token_create --user NAME --scope SCOPE… [--name NAME] [--days N]`: a token for the REST interface, shown once."""

from argparse import ArgumentParser
from typing import Any

from django.contrib.auth import get_user_model

from experiments.contract.errors import InputError
from webapp.management import InputCommand
from webapp.tokens.models import Scope
from webapp.tokens.services import token_create


class Command(InputCommand):
    """Make a token; the database keeps only its hash."""

    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Name the arguments."""
        parser.add_argument("--user", required=True)
        parser.add_argument("--scope", nargs="+", required=True, help=f"what it may be used for: {', '.join(Scope.values)}")
        parser.add_argument("--name", default="by command", help="to know it again")
        parser.add_argument("--days", type=float, default=90, help="until it expires")

    def run(self, options: dict[str, Any]) -> None:
        """Print the token."""
        user = get_user_model().objects.filter(username=options["user"], is_staff=True).first()
        if user is None:
            message = f"there is no staff user {options['user']!r}"
            raise InputError(field="user", message=message, remedy="Make one with `manage.py createsuperuser`")
        self.stdout.write(token_create(user, name=options["name"], scopes=options["scope"], days=options["days"]))
