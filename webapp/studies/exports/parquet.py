"""Rows as Parquet, typed, in row groups of a few MiB: of smaller ones the table of contents grows, which stays in memory."""

from collections.abc import Generator, Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from django.db import connection
from pyarrow import csv, parquet

from webapp.studies.exports.csv_lines import write_csv
from webapp.studies.exports.selection import Selection
from webapp.studies.exports.sink import Sink
from webapp.studies.exports.text_rows import Kind, column_kinds, fetched, text_rows
from webapp.studies.models import Study

TYPES = {
    "text": pa.dictionary(pa.int32(), pa.string()),
    "id": pa.string(),
    "time": pa.timestamp("us", tz="UTC"),
    "double": pa.float64(),
    "bit": pa.bool_(),
    "integer": pa.int32(),
}
NUMBERS = ("double", "bit", "integer")
"""Kinds whose cells SQLite's driver gives as numbers."""
GROUP_BYTES = 3 << 20
"""In memory; some thousand rows, however long their texts are."""
PAGE_BYTES = 1 << 17
"""Of a column of a row group; a page is held until it is full."""


def write_parquet(study: Study, selection: Selection) -> Generator[bytes, None, int]:
    """A Parquet file; returns how many rows it has. The study and the number of rows stand in its metadata, too."""
    kinds = column_kinds(study, selection)
    schema = pa.schema([(name, TYPES[kind]) for name, kind in kinds.items()])
    texts, sink, count = [name for name, kind in kinds.items() if kind == "text"], Sink(), 0
    with parquet.ParquetWriter(sink, schema, compression="zstd", use_dictionary=texts, data_page_size=PAGE_BYTES) as writer:
        # What a Parquet file begins with, so that whoever waits sees that something comes.
        yield sink.taken()
        for group in _row_groups(_tables(study, selection, schema)):
            writer.write_table(group)
            count += group.num_rows
            # Before the next one is read: pyarrow would keep the room of both.
            del group
            pa.default_memory_pool().release_unused()
            yield sink.taken()
        writer.add_key_value_metadata({"study": study.name, "design_digest": study.design_digest, "rows": str(count)})
    yield sink.taken()
    return count


def _row_groups(tables: Iterator[pa.Table]) -> Iterator[pa.Table]:
    """The first table alone, for whoever waits; then as many together as make a group."""
    held: list[pa.Table] = []
    wanted = 0
    for table in tables:
        held.append(table)
        if sum(one.nbytes for one in held) > wanted:
            yield pa.concat_tables(held).unify_dictionaries()
            held, wanted = [], GROUP_BYTES
    if held:
        yield pa.concat_tables(held).unify_dictionaries()


def _tables(study: Study, selection: Selection, schema: pa.Schema) -> Iterator[pa.Table]:
    return (_copied if connection.vendor == "postgresql" else _fetched)(study, selection, schema)


def _copied(study: Study, selection: Selection, schema: pa.Schema) -> Iterator[pa.Table]:
    """PostgreSQL's CSV, read again: faster than making a Python object of each cell."""
    read = csv.ReadOptions(use_threads=False, column_names=schema.names)
    parse = csv.ParseOptions(newlines_in_values=True)
    convert = csv.ConvertOptions(
        column_types=schema, null_values=[""], strings_can_be_null=True, true_values=["1"], false_values=["0"]
    )
    pieces = write_csv(study, selection)
    next(pieces)  # the header
    # Each piece holds whole rows.
    for piece in filter(None, pieces):
        yield csv.read_csv(pa.BufferReader(piece), read_options=read, parse_options=parse, convert_options=convert)


def _fetched(study: Study, selection: Selection, schema: pa.Schema) -> Iterator[pa.Table]:
    """The objects that SQLite's driver makes of the cells in any case."""
    for rows in text_rows(study, selection):
        for some in fetched(rows):
            columns = zip(zip(*some, strict=True), rows.kinds.values(), strict=True)
            yield pa.table([_array(cells, kind) for cells, kind in columns], schema=schema)


def _array(cells: Sequence[Any], kind: Kind) -> pa.Array:
    """A column. Not by `pa.array`, which would load all of pandas where it is installed."""
    if kind in NUMBERS:
        numbers = np.array(cells, dtype=np.float64)  # where there is none, NaN, which no column holds
        valid = np.packbits(~np.isnan(numbers), bitorder="little")
        read = pa.Array.from_buffers(pa.float64(), len(cells), [pa.py_buffer(valid), pa.py_buffer(numbers)])
    else:
        builder = pa.lib.StringBuilder()
        builder.append_values(cells)
        read = builder.finish()
    return read.cast(TYPES[kind])
