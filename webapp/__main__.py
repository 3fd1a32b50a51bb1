"""`python -m webapp <command>`: Django's command line, also where there is no checkout with its `manage.py`."""

import os
import sys

from django.core.management import execute_from_command_line


def main() -> None:
    """Run the command."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webapp.settings")
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
