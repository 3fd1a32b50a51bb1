"""`manage.py token_create --user NAME [--days N]`: a token for the REST interface, shown once."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.contrib.auth import get_user_model
from knox.models import AuthToken

from experiments.contract.errors import InputError
from webapp.management import InputCommand


class Command(InputCommand):
    """Make a token; the database keeps only its hash."""

    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Name the arguments."""
        parser.add_argument("--user", required=True)
        parser.add_argument("--days", type=float, default=90, help="until it expires")

    def run(self, options: dict[str, Any]) -> None:
        """Print the token."""
        user = get_user_model().objects.filter(username=options["user"], is_staff=True).first()
        if user is None:
            message = f"there is no staff user {options['user']!r}"
            raise InputError(field="user", message=message, remedy="Make one with `manage.py createsuperuser`")
        _, token = AuthToken.objects.create(user=user, expiry=timedelta(days=options["days"]))
        self.stdout.write(token)
