"""`manage.py export_responses --study S --format csv|jsonl --out F`: data out."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from experiments.contract.errors import InputError
from webapp.management import InputCommand
from webapp.studies.exports import MEDIA_TYPES, export
from webapp.studies.selectors import study_by_name
from webapp.studies.taken_home import export_note


class Command(InputCommand):
    """Write all responses of a study to a file; it appears under its name only when it is complete."""

    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Name the arguments."""
        parser.add_argument("--study", required=True, help="name or id of the study")
        parser.add_argument("--format", default="csv", help=", ".join(MEDIA_TYPES))
        parser.add_argument("--out", required=True, type=Path)

    def run(self, options: dict[str, Any]) -> None:
        """Export."""
        study, out = study_by_name(options["study"]), options["out"]
        if out.is_dir():
            raise InputError(field="out", message=f"{out} is a folder", remedy="Name a file")
        stream = export(study, form=options["format"])
        out.parent.mkdir(parents=True, exist_ok=True)
        unfinished = out.with_name(out.name + ".unfinished")
        with unfinished.open("wb") as file:
            file.writelines(stream)
        unfinished.replace(out)
        export_note(study, form=options["format"], file=str(out))
        self.stdout.write(f"{out}: the responses of {study.name}")
