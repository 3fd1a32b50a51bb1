"""The data map as a page of the reference."""

from collections.abc import Iterator, Sequence

from webapp.participants.data_map import Table, mapped_tables
from webapp.participants.data_map.places import PLACES

HEAD = """\
# What is held of persons

Generated from the code by `python -m tests.reference`. Staff read the same in the admin (*Audit entries*, data map).
The sorts of fields:

- **personal** tells by itself who somebody is: the recruiter's ids of participants, and names of staff;
- **pseudonymous** tells something of a participant who has no name here;
- **credential** lets somebody in, or is a hash of what does; no page shows hashes;
- **none** would be the same whoever took part.

## For an ethics board

unitscope asks people about images. It stores choices, confidence, times, the size of the window rounded to 10 px, the kind of
input, and when somebody agreed to which words. It stores no name, no address, no internet address, no browser, and asks
nothing about health or opinions. Who comes through a paid recruiter has two ids of the recruiter in one table, apart from the
answers, so that they can be paid; elsewhere the person is a random id, and a hash with a key that is not in the database finds
them again. The purposes are research (answers) and payment (ids). Risks and what is done: *somebody takes the database*:
answers lead to a person only with the table *submissions* and the recruiter's help, ids go at a date that the study sets;
*staff look at ids*: that takes a permission of its own, and exports of ids are audited; *a person regrets*: they withdraw, or
erase with a code and without an account, and a test searches every byte that is left; *data are kept too long*: each study has
two dates, told on the consent page and kept by the clock. What remains with the laboratory: exports taken home, backups, the
recruiter's own records, and free text, of which there is none.
"""


def data_map() -> str:
    """The page."""
    tables = mapped_tables()
    return "\n".join([HEAD, *_overview(tables), *_places(), *(line for table in tables for line in _table(table))])


def _overview(tables: Sequence[Table]) -> Iterator[str]:
    yield "## Tables\n"
    yield from _rows(
        ("table", "holds", "purpose", "kept", "an erasure"),
        [(table.label, table.worst, table.data.purpose, table.data.kept, table.data.erasure) for table in tables],
    )


def _places() -> Iterator[str]:
    yield "## Other places\n"
    yield from _rows(
        ("place", "holds", "kept", "seen by", "an erasure"),
        [(place.name, place.holds, place.kept, place.seen_by, place.erasure) for place in PLACES],
    )


def _table(table: Table) -> Iterator[str]:
    yield f"## {table.label}\n"
    yield f"{table.data.purpose}. Kept: {table.data.kept}. Seen by: {table.seen_by}. An erasure: {table.data.erasure}.\n"
    yield from _rows(
        ("field", "sort", "meaning"), [(f"`{column.name}`", column.sort, column.meaning) for column in table.columns]
    )


def _rows(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    for row in (heads, ["---"] * len(heads), *rows):
        yield f"| {' | '.join(cell.replace('|', '/') for cell in row)} |"
    yield ""
