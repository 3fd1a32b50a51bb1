"""Whether what the server acknowledged is in the export: exactly once, and as it was sent. The benchmarks of load ask."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any


def not_as_sent(acknowledged: Mapping[str, Mapping[str, Any]], rows: Sequence[Mapping[str, str]]) -> int:
    """How many acknowledged answers, by trial, are not in the export exactly once with what was sent."""

    def content(trial: str, values: Mapping[str, Any]) -> tuple[Any, ...]:
        return trial, values["choice"], int(values["confidence"]), float(values["rt"])

    exported = Counter(content(row["trial_id"], row) for row in rows)
    rows_of = Counter(row["trial_id"] for row in rows)
    return sum(exported[content(trial, answer)] != 1 or rows_of[trial] != 1 for trial, answer in acknowledged.items())
