"""Rows as Parquet, typed; a row group for every two thousand of them: larger ones take more memory than an export may."""

from collections.abc import Generator, Iterator

import pyarrow as pa
from pyarrow import csv, parquet

from webapp.studies.exports.csv_lines import write_csv
from webapp.studies.exports.selection import Selection
from webapp.studies.exports.sink import Sink
from webapp.studies.exports.text_rows import column_kinds
from webapp.studies.models import Study

TYPES = {
    "text": pa.dictionary(pa.int32(), pa.string()),
    "id": pa.string(),
    "time": pa.timestamp("us", tz="UTC"),
    "double": pa.float64(),
    "bit": pa.bool_(),
    "integer": pa.int32(),
}


def write_parquet(study: Study, selection: Selection) -> Generator[bytes, None, int]:
    """A Parquet file; returns how many rows it has. The study and the number of rows stand in its metadata, too."""
    kinds = column_kinds(study, selection)
    schema = pa.schema([(name, TYPES[kind]) for name, kind in kinds.items()])
    texts, sink, count = [name for name, kind in kinds.items() if kind == "text"], Sink(), 0
    with parquet.ParquetWriter(sink, schema, compression="zstd", use_dictionary=texts) as writer:
        # What a Parquet file begins with, so that whoever waits sees that something comes.
        yield sink.taken()
        for table in _tables(write_csv(study, selection), schema):
            writer.write_table(table)
            count += table.num_rows
            yield sink.taken()
        writer.add_key_value_metadata({"study": study.name, "design_digest": study.design_digest, "rows": str(count)})
    yield sink.taken()
    return count


def _tables(pieces: Iterator[bytes], schema: pa.Schema) -> Iterator[pa.Table]:
    """The CSV, read again: faster than making a Python object of each cell."""
    read = csv.ReadOptions(use_threads=False, column_names=schema.names)
    parse = csv.ParseOptions(newlines_in_values=True)
    convert = csv.ConvertOptions(
        column_types=schema, null_values=[""], strings_can_be_null=True, true_values=["1"], false_values=["0"]
    )
    next(pieces)  # the header
    # Each piece holds whole rows.
    for piece in filter(None, pieces):
        yield csv.read_csv(pa.BufferReader(piece), read_options=read, parse_options=parse, convert_options=convert)
