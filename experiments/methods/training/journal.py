"""The journal of a training as a file of its artifact. Called by every paper's `train`."""

from collections.abc import Mapping, Sequence
from typing import Any

from experiments.contract.artifacts import NewFile
from experiments.contract.journals import JOURNAL, journal_bytes


def journal_file(lines: Sequence[Mapping[str, Any]]) -> NewFile:
    """`metrics.jsonl`: one JSON object an evaluation, as `train` returned them."""
    return NewFile(name=JOURNAL, content=journal_bytes(lines), media_type="application/jsonl")
