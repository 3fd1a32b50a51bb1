"""Rows as Parquet, typed; a row group for every few thousand of them."""

import io
from collections.abc import Generator, Iterator
from typing import Any

import pyarrow as pa
from pyarrow import csv, parquet

from webapp.studies.exports.csv_lines import write_csv
from webapp.studies.exports.selection import Selection
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
BLOCK = 4 << 20
"""Bytes of CSV that become a row group, some 9,000 rows."""


class _Source(io.RawIOBase):
    """Pieces of bytes as a file to read."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces, self._rest = pieces, memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._rest = self._rest or memoryview(next(self._pieces, b""))
        size = min(len(buffer), len(self._rest))
        buffer[:size], self._rest = self._rest[:size], self._rest[size:]
        return size


class _Sink(io.RawIOBase):
    """A file to write whose bytes are taken away as they come."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._position = 0

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def write(self, piece: Any) -> int:
        self._pieces.append(bytes(piece))
        self._position += len(piece)
        return len(piece)

    def taken(self) -> bytes:
        content, self._pieces = b"".join(self._pieces), []
        return content


def write_parquet(study: Study, selection: Selection) -> Generator[bytes, None, int]:
    """A Parquet file; returns how many rows it has. The study and the number of rows stand in its metadata, too."""
    kinds = column_kinds(study, selection)
    schema = pa.schema([(name, TYPES[kind]) for name, kind in kinds.items()])
    texts, sink, count = [name for name, kind in kinds.items() if kind == "text"], _Sink(), 0
    with parquet.ParquetWriter(sink, schema, compression="zstd", use_dictionary=texts) as writer:
        # What a Parquet file begins with, so that whoever waits sees that something comes.
        yield sink.taken()
        for batch in _batches(study, selection, schema):
            writer.write_batch(batch)
            count += batch.num_rows
            yield sink.taken()
        writer.add_key_value_metadata({"study": study.name, "design_digest": study.design_digest, "rows": str(count)})
    yield sink.taken()
    return count


def _batches(study: Study, selection: Selection, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    """The CSV, read again: faster than making a Python object of each cell."""
    lines = write_csv(study, selection)
    convert = csv.ConvertOptions(
        column_types=schema, null_values=[""], strings_can_be_null=True, true_values=["1"], false_values=["0"]
    )
    with io.BufferedReader(_Source(lines), BLOCK) as source:
        read = csv.ReadOptions(use_threads=False, block_size=BLOCK)
        parse = csv.ParseOptions(newlines_in_values=True)
        yield from csv.open_csv(source, read_options=read, parse_options=parse, convert_options=convert)
