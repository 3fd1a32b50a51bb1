"""The journal of a training as text: one JSON object a line and an evaluation. Written by the loop, read by the web process."""

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

JOURNAL = "metrics.jsonl"
"""Name of the file in the artifact of a training."""


def journal_bytes(lines: Sequence[Mapping[str, Any]]) -> bytes:
    """The evaluations as JSON lines; what is no finite number, such as the score of a constant, is written as null."""
    return "".join(json.dumps(_finite(line), allow_nan=False) + "\n" for line in lines).encode()


def journal_lines(content: bytes) -> list[dict[str, Any]]:
    """The inverse of `journal_bytes`."""
    return [json.loads(line) for line in content.decode().splitlines()]


def _finite(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _finite(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
