"""`manage.py import_responses FILE --mapping M [--name STUDY]`: a published table of responses in, as a read-only study."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.urls import reverse
from tqdm import tqdm

from webapp.management import InputCommand
from webapp.studies.imports.mapping import SHIPPED, ImportMapping
from webapp.studies.imports.services import study_import
from webapp.studies.models import Response


class Command(InputCommand):
    """Import all rows of a table or, where one does not fit, none."""

    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Name the arguments."""
        shipped = ", ".join(sorted(path.stem for path in SHIPPED.glob("*.toml")))
        parser.add_argument("file", type=Path, help="CSV with a header")
        parser.add_argument("--mapping", required=True, help=f"{shipped}, or a TOML file of yours (see docs/import.md)")
        parser.add_argument("--name", default="", help="short name of the study; by default the file's")
        parser.add_argument("--title", default="")

    def run(self, options: dict[str, Any]) -> None:
        """Import."""
        path, mapping = options["file"], ImportMapping.load(options["mapping"])
        with tqdm(desc=path.name, unit=" rows", leave=False, disable=None) as bar:
            name = options["name"] or path.stem.replace(".", "-")
            study = study_import(path, mapping=mapping, name=name, title=options["title"], report=bar.update)
        responses = Response.objects.filter(trial__session__study=study).count()
        address = reverse("results", args=[study.id])
        self.stdout.write(f"{study.name}: {responses} responses of {study.sessions.count()} sessions; {address}")
