"""`manage.py second_factor_reset NAME`: without phone and recovery codes, for somebody who lost both; be sure who asks."""

from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.models import User

from experiments.contract.errors import InputError
from webapp.management import InputCommand
from webapp.second_factor.services import second_factor_remove


class Command(InputCommand):
    """Take the second factor off; the audit tells it."""

    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Name the arguments."""
        parser.add_argument("user", help="the name with which they log in")

    def run(self, options: dict[str, Any]) -> None:
        """Say what was done."""
        user = User.objects.filter(username=options["user"]).first()
        if user is None:
            raise InputError(field="user", message=f"there is no {options['user']!r}", remedy="Give the name of a staff account")
        had_one = second_factor_remove(user, by=None)
        self.stdout.write("The password alone lets them in until they set it up again." if had_one else "There was none.")
