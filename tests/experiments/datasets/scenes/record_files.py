"""Writes TFRecord files of `tf.train.Example`s, as the published data sets are stored."""

import gzip
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path

Value = Sequence[bytes] | Sequence[float] | Sequence[int]


def write_records(path: Path, examples: Sequence[Mapping[str, Value]], *, compressed: bool) -> None:
    content = b"".join(_framed(_example(example)) for example in examples)
    path.write_bytes(gzip.compress(content) if compressed else content)


def _framed(record: bytes) -> bytes:
    # The two checksums are not looked at.
    return struct.pack("<Q", len(record)) + b"\0" * 4 + record + b"\0" * 4


def _example(features: Mapping[str, Value]) -> bytes:
    entries = b"".join(
        _delimited(1, _delimited(1, name.encode()) + _delimited(2, _feature(value))) for name, value in features.items()
    )
    return _delimited(1, entries)


def _feature(value: Value) -> bytes:
    if all(isinstance(item, bytes) for item in value):
        return _delimited(1, b"".join(_delimited(1, item) for item in value))  # type: ignore[arg-type]
    if all(isinstance(item, int) for item in value):
        return _delimited(3, _delimited(1, b"".join(_varint(int(item) % 2**64) for item in value)))
    return _delimited(2, _delimited(1, struct.pack(f"<{len(value)}f", *value)))


def _delimited(number: int, content: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])
