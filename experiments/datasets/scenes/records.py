"""Reads TFRecord files of `tf.train.Example`s without TensorFlow: the framing, and the four messages of the wire format.

Checksums (CRC-32C) are not looked at: a file that was cut or is of another format is told by its lengths and its messages.
"""

import gzip
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Literal

import numpy as np

from experiments.contract.errors import InputError

Feature = list[bytes] | np.ndarray
"""Of a bytes list its items; of a list of floats or whole numbers an array."""
Example = dict[str, Feature]
VARINT, FIXED64, DELIMITED, FIXED32 = 0, 1, 2, 5
"""Wire types of protocol buffers."""
LARGEST = 2**30
"""Bytes of a record that are believed."""
DAMAGE = (OSError, EOFError, ValueError, LookupError, OverflowError, struct.error, zlib.error)
"""What reading bytes that mean something else, or nothing, ends in."""


def read_examples(path: Path, *, compression: Literal["", "gzip"] = "") -> Iterator[Example]:
    """The examples of a file, in their order.

    Raises:
        InputError: There is no such file, or it holds something else or was cut.
    """
    try:
        with gzip.open(path) if compression else path.open("rb") as file:
            while (record := _record(file)) is not None:
                yield _example(record)
    except DAMAGE as error:
        remedy = "Give the published files, downloaded whole"
        raise InputError(field="path", message=f"{path} is no whole TFRecord file ({error})", remedy=remedy) from error


def _record(file: "BinaryIO | gzip.GzipFile") -> memoryview | None:
    """The next record: length, its checksum, the bytes, their checksum."""
    head = file.read(12)
    if not head:
        return None
    (length,) = struct.unpack_from("<Q", head)
    if len(head) < 12 or length > LARGEST:
        raise ValueError("a record's length is none")
    content = file.read(length + 4)
    if len(content) < length + 4:
        raise ValueError("its last record is cut")
    return memoryview(content)[:length]


def _example(record: memoryview) -> Example:
    """Example { features = 1 { repeated feature = 1 { key = 1, value = 2 } } }."""
    found: Example = {}
    for number, features in _fields(record):
        for _, entry in _fields(_part(features)) if number == 1 else ():
            parts = dict(_fields(_part(entry)))
            found[bytes(_part(parts[1])).decode()] = _feature(_part(parts[2]))
    if not found:
        raise ValueError("a record holds no features")
    return found


def _feature(content: memoryview) -> Feature:
    """Feature { bytes_list = 1 | float_list = 2 | int64_list = 3 }, each { repeated value = 1 }, numbers packed or not."""
    for number, values in _fields(content):
        items = [value for _, value in _fields(_part(values))]
        if number == 1:
            return [bytes(_part(item)) for item in items]
        if number == 2:
            packed = b"".join(item if isinstance(item, memoryview) else struct.pack("<I", item) for item in items)
            return np.frombuffer(packed, dtype="<f4")
        whole: list[int] = []
        for item in items:
            whole += list(_varints(item)) if isinstance(item, memoryview) else [item]
        return np.array(whole, dtype=np.uint64).astype(np.int64)
    return []


def _fields(content: memoryview) -> Iterator[tuple[int, memoryview | int]]:
    """Number and value of each field of a message."""
    at = 0
    while at < len(content):
        key, at = _varint(content, at)
        number, wire = key >> 3, key & 7
        if wire == VARINT:
            value, at = _varint(content, at)
            yield number, value
        elif wire in (FIXED32, FIXED64):
            size = 4 if wire == FIXED32 else 8
            yield number, int.from_bytes(_cut(content, at, size), "little")
            at += size
        elif wire == DELIMITED:
            size, at = _varint(content, at)
            yield number, _cut(content, at, size)
            at += size
        else:
            raise ValueError(f"{wire} is no wire type")


def _cut(content: memoryview, at: int, size: int) -> memoryview:
    if at + size > len(content):
        raise ValueError("a message is longer than its record")
    return content[at : at + size]


def _varints(content: memoryview) -> Iterator[int]:
    at = 0
    while at < len(content):
        value, at = _varint(content, at)
        yield value


def _varint(content: memoryview, at: int) -> tuple[int, int]:
    """A whole number of seven bits a byte, the lowest first, and where it ends."""
    value = shift = 0
    while True:
        byte = content[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if value >= 1 << 64:
            raise ValueError("a number has more than 64 bits")
        if byte < 0x80:
            return value, at
        shift += 7


def _part(value: memoryview | int) -> memoryview:
    if isinstance(value, int):
        raise ValueError("a number stands where a message should")
    return value
