"""The access matrix as it was decided, written down in the text files beside this one; it is read, never computed."""

from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent
NOT_ASKED = "-"


@dataclass(frozen=True)
class Row:
    """What each role gets: a status by its role, for rows of the admin the letters of what it may."""

    method: str
    way: str
    """The route, as the URL configuration spells it; after a bar, of what. Of the admin a model, or after it an action."""
    cells: dict[str, str]

    @property
    def route(self) -> str:
        """The route alone."""
        return self.way.partition("|")[0]

    @property
    def about(self) -> str:
        """Of what, where it makes a difference."""
        return self.way.partition("|")[2]


@dataclass(frozen=True)
class Table:
    """A file."""

    note: str
    roles: list[str]
    rows: list[Row]


def table(name: str) -> Table:
    """The table in a file."""
    lines = (FOLDER / f"{name}.txt").read_text().splitlines()
    note = " ".join(line.removeprefix("# ") for line in lines if line.startswith("#"))
    roles, *rows = [line.split() for line in lines if not line.startswith("#")]
    heads = [row[: -len(roles)] for row in rows]
    cells = [dict(zip(roles, row[-len(roles) :], strict=True)) for row in rows]
    return Table(note, roles, [Row(" ".join(head[:-1]), head[-1], cell) for head, cell in zip(heads, cells, strict=True)])
