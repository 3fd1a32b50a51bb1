"""What the management commands share: bad input, or a queue that is away, becomes one line on stderr and exit code 2."""

import sys
from typing import Any

from django.core.management.base import BaseCommand

from experiments.contract.errors import InputError
from webapp import compute


class InputCommand(BaseCommand):
    """A command whose `run` may raise InputError."""

    def handle(self, *args: Any, **options: Any) -> None:
        """Run it."""
        try:
            self.run(options)
        except InputError as error:
            self.stderr.write(str(error))
            sys.exit(2)
        except compute.OUTAGES as error:
            reason = str(error).strip().partition("\n")[0]
            self.stderr.write(f"queue: {reason}. Check that it runs, and that REDIS_URL names it; then do the same again.")
            sys.exit(2)
        except OSError as error:
            self.stderr.write(f"{error.filename or 'disk'}: {error.strerror or error}. Check the path, and that there is room.")
            sys.exit(2)

    def run(self, options: dict[str, Any]) -> None:
        """Do what the command does."""
        raise NotImplementedError
