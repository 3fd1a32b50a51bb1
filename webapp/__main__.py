"""`python -m webapp <command>`: Django's command line, also where there is no checkout with its `manage.py`."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line
from django.db import InterfaceError, OperationalError, ProgrammingError

from experiments.contract.errors import InputError

BAD_INPUT = 2
INTERRUPTED = 130
"""As a shell reports a program that Ctrl-C ended."""


def main() -> None:
    """Run the command; what a deployment lacks is one line on stderr, unless `--traceback` asks for all of it."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webapp.settings")
    try:
        execute_from_command_line(sys.argv)
    except KeyboardInterrupt:
        print("Interrupted", file=sys.stderr)
        sys.exit(INTERRUPTED)
    except ImproperlyConfigured as error:
        _fail(f"settings: {str(error).rstrip('.')}. See .env.example for what a deployment needs.")
    except InputError as error:
        _fail(str(error))
    except (OperationalError, InterfaceError, ProgrammingError) as error:
        if "--traceback" in sys.argv or not (reason := _lacks(error)):
            raise
        _fail(reason)


def _lacks(error: Exception) -> str:
    """What the database lacks, in one line; empty where the fault is in a query."""
    said = str(error).strip().partition("\n")[0]
    # SQLite says it in words, PostgreSQL by the class of the cause.
    if "no such table" in said or type(error.__cause__).__name__ == "UndefinedTable":
        return f"database: {said}. Make its tables by `manage.py migrate`."
    if isinstance(error, ProgrammingError):
        return ""
    return f"database: {said}. Check that it runs and has room, and that DATABASE_URL names it."


def _fail(line: str) -> None:
    print(line, file=sys.stderr)
    sys.exit(BAD_INPUT)


if __name__ == "__main__":
    main()
