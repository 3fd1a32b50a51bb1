"""`manage.py export_responses --study S --format csv|jsonl|parquet|bids|psychds --out F`: data out; `--verify F` checks it."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from experiments.contract.errors import InputError
from webapp.management import InputCommand
from webapp.out_files import out_file, out_format
from webapp.studies.exports import FORMATS
from webapp.studies.exports.asking import FILTERS, MEANINGS, SEVERAL, selection_asked
from webapp.studies.exports.files import export_to_file, file_verify
from webapp.studies.exports.selection import FLAVORS
from webapp.studies.selectors import study_by_name
from webapp.studies.taken_home import export_note


class Command(InputCommand):
    """Write the responses of a study to a file, with its receipt beside it; it appears under its name when it is complete."""

    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Name the arguments; the filters are those of the REST interface."""
        parser.add_argument("--study", help="name or id of the study")
        parser.add_argument("--format", help=f"{', '.join(FORMATS)}; by default what the file's name says, else csv")
        parser.add_argument("--out", type=Path, help="file to write")
        parser.add_argument("--verify", type=Path, metavar="FILE", help="only compare an exported file with its receipt")
        for name in FILTERS:
            again = "; may be given several times" if name in SEVERAL else ""
            parser.add_argument(f"--{name.replace('_', '-')}", action="append", default=[], help=f"{MEANINGS[name]}{again}")
        parser.add_argument("--flavor", default="raw", help=", ".join(FLAVORS))
        parser.add_argument("--personal-ids", action="store_true", help="with the recruiters' ids of persons; this is noted")

    def run(self, options: dict[str, Any]) -> None:
        """Export, or verify."""
        if options["verify"]:
            receipt = file_verify(options["verify"])
            self.stdout.write(f"{options['verify']}: whole, {receipt['rows']} responses of {receipt['study']}")
            return
        for name in ("study", "out"):
            if not options[name]:
                raise InputError(field=name, message="is missing", remedy=f"Add --{name}")
        study, out = study_by_name(options["study"]), options["out"]
        suffixes = {name: form.suffix for name, form in FORMATS.items()}
        form = out_format(out, options["format"], suffixes=suffixes, default="csv")
        words = {name: options[name] for name in FILTERS}
        words |= {"format": [form], "flavor": [options["flavor"]], "ids": ["personal"] if options["personal_ids"] else []}
        selection = selection_asked(study, words, beside=("format",))
        out_file(out)
        # Before it is made, so that none leaves unnoted; and not one that cannot be written there.
        export_note(study, form=form, selection=selection, file=str(out))
        receipt = export_to_file(study, out, form=form, selection=selection)
        self.stdout.write(f"{out}: {receipt['rows']} responses of {study.name}, sha256 {receipt['sha256']}")
