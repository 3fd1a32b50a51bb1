"""The access matrix as a page of the documentation."""

from pathlib import Path

from tests.access.tables import FOLDER, Table, table

PAGE = FOLDER.parents[1] / "docs" / "access-matrix.md"
TITLES = {
    "rest": "REST",
    "participants": "Participants",
    "pages": "Pages of researchers",
    "admin": "Rows in the admin",
    "actions": "Actions in the admin",
}
HEAD = """# Who gets what

Every address of the web process, and what each role gets: the status of the answer; then the rows and the actions of the admin.
A test visits every cell (`tests/access/test_matrix.py`), and fails when an address or an action is missing here. Made from
the tables in `tests/access/` by `python -m tests.access`.
"""


def page() -> str:
    """The whole page."""
    return "\n".join([HEAD, *(_section(title, table(name)) for name, title in TITLES.items())])


def write(path: Path = PAGE) -> None:
    """Put it among the documentation."""
    path.write_text(page())


def _section(title: str, shown: Table) -> str:
    lines = [["", *shown.roles], ["---"] * (1 + len(shown.roles))]
    lines += [[f"`{f'{row.method} '.lstrip()}{_words(row.way)}", *row.cells.values()] for row in shown.rows]
    rows = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    return f"## {title}\n\n{shown.note}\n\n{rows}\n"


def _words(way: str) -> str:
    route, _, about = way.partition("|")
    return f"{route.replace('|', chr(92) + '|')}`" + (f" of a {about}" if about else "")
