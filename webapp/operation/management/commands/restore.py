"""`manage.py restore DIR [--verify]`: a backup into the empty database that DATABASE_URL names; what was erased stays erased."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from webapp.management import InputCommand
from webapp.operation.backup import backup_read, backup_restore


class Command(InputCommand):
    """Restore, or only look whether a backup is whole."""

    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Name the arguments."""
        parser.add_argument("folder", type=Path, metavar="DIR", help="a folder that `backup` made")
        parser.add_argument("--verify", action="store_true", help="only compare its files with its manifest")

    def run(self, options: dict[str, Any]) -> None:
        """Restore, and say what came back."""
        folder = options["folder"]
        if options["verify"]:
            found = backup_read(folder)
            self.stdout.write(f"{folder} is whole: {sum(found.rows.values())} rows of {found.made_at}, version {found.version}")
            return
        found, erased = backup_restore(folder)
        self.stdout.write(f"{folder} is restored: {sum(found.rows.values())} rows of {found.made_at}")
        if erased:
            self.stdout.write(f"Erased again, as it had been since: {erased.sessions} sessions with {erased.answers} answers")
