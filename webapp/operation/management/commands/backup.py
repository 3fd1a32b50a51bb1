"""`manage.py backup --out DIR`: the whole database into a new folder, while people answer."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from webapp.management import InputCommand
from webapp.operation.backup import backup_make


class Command(InputCommand):
    """Back up. It holds personal data: only its owner may read the folder. Artifacts and SECRET_KEY are kept elsewhere."""

    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Name the arguments."""
        parser.add_argument("--out", required=True, type=Path, help="folder to be made")

    def run(self, options: dict[str, Any]) -> None:
        """Back up, and say what was written."""
        made = backup_make(options["out"])
        self.stdout.write(f"{options['out']}: {sum(made.rows.values())} rows, {made.size} bytes, sha256 {made.sha256}")
