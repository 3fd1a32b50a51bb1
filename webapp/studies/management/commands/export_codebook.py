"""`manage.py export_codebook --study S --format json|csv|md --out F`: what the columns of the export mean."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from webapp.management import InputCommand
from webapp.out_files import out_file, out_format
from webapp.studies.exports.codebook.written import FORMATS, written
from webapp.studies.selectors import study_by_name


class Command(InputCommand):
    """Write the codebook of a study to a file."""

    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Name the arguments."""
        parser.add_argument("--study", required=True, help="name or id of the study")
        parser.add_argument("--format", help=f"{', '.join(FORMATS)}; by default what the file's name says, else json")
        parser.add_argument("--out", required=True, type=Path, help="file to write")

    def run(self, options: dict[str, Any]) -> None:
        """Write it."""
        study, out = study_by_name(options["study"]), options["out"]
        form = out_format(out, options["format"], suffixes={name: name for name in FORMATS}, default="json")
        text = written(study, form=form)
        out_file(out).write_text(text)
        self.stdout.write(f"{out}: the codebook of {study.name}")
