"""Zip archives as streams, and the texts that every archive of a study holds. Called by the standards, `psychds` and `bids`."""

import json
import re
import zipfile
from collections.abc import Generator, Iterable, Iterator
from importlib.metadata import version
from typing import Any, Generic, TypeVar

from experiments import registry
from experiments.contract.fields import require
from webapp.studies.exports.selection import Selection
from webapp.studies.exports.sink import Sink
from webapp.studies.models import Study

Member = tuple[str, Iterable[bytes]]
"""Name in the archive, and content in pieces."""
Pieces = TypeVar("Pieces")
SCARCELY = 3
"""Level of compression: a quarter larger than the best, in a third of its time."""


class Counted(Generic[Pieces]):
    """What a generator gives, to be gone through once; after that `rows` holds what it returned at its end."""

    def __init__(self, pieces: Generator[Pieces, None, int]) -> None:
        self._pieces = pieces
        self.rows = 0

    def __iter__(self) -> Iterator[Pieces]:
        self.rows = yield from self._pieces


def zipped(members: Generator[Member, None, int]) -> Generator[bytes, None, int]:
    """The archive in pieces; none of its members is ever held as a whole. The same members make the same bytes.

    Returns what `members` returns at its end, the number of rows.
    """
    sink, counted = Sink(), Counted(members)
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED, compresslevel=SCARCELY) as archive:
        for name, content in counted:
            with archive.open(name, "w", force_zip64=True) as file:
                for piece in content:
                    file.write(piece)
                    yield sink.taken()
    yield sink.taken()
    return counted.rows


def require_pseudonymous(selection: Selection) -> None:
    """Raise InputError where an archive, which is made to be published, is asked for with personal ids."""
    told = "archives are made to be published, and hold no personal ids"
    require(selection.ids == "pseudonymous", "ids", told, "Leave it out, or export as csv")


def label(text: str, *, otherwise: str) -> str:
    """What is left of a name where only letters and digits may stand."""
    return re.sub(r"[^A-Za-z0-9]", "", text) or otherwise


def json_file(name: str, content: Any) -> Member:
    """JSON as people read it."""
    return name, [(json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode()]


def text_file(name: str, content: str) -> Member:
    """Text in UTF-8."""
    return name, [content.encode()]


def changes(study: Study) -> str:
    """The history of a data set, in the form that both standards ask for."""
    return f"{study.version}.0.0 {study.created_at:%Y-%m-%d}\n  - Exported by unitscope {version('unitscope')}.\n"


def citation(study: Study) -> str:
    """The paper whose design the study follows."""
    paper = registry.experiment(study.paper)
    return f"{paper.citation}: {paper.title}. {paper.url}"
