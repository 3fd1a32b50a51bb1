"""Unpacks an archive of a study for the tests of the standards."""

import io
import zipfile
from pathlib import Path

from webapp.studies.exports import export
from webapp.studies.models import Study


def unpacked(study: Study, form: str, folder: Path) -> Path:
    """The folder with the archive's files, whose checksums have been compared."""
    with zipfile.ZipFile(io.BytesIO(b"".join(export(study, form=form)))) as archive:
        assert archive.testzip() is None
        archive.extractall(folder / form)
    return folder / form
