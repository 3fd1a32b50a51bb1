"""Label Studio's export beside ours: the same 50,000 responses, both on SQLite, in the same run.

Its CSV is what its users press for; its stored export is what its documentation recommends for large projects.
"""

import csv
import io
import json
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.benchmarks.label_studio_site import PROJECT, LabelStudio, asked, label_studio
from tests.benchmarks.servers import Site, site

ROWS = 50_000
TIMEOUT = 600
"""s, of ours."""


@dataclass(frozen=True, kw_only=True)
class Export:
    """One export as its client saw it."""

    seconds: float
    first_byte: float
    """s."""
    content: bytes
    growth: float
    """MiB by which that process of the server grew that grew most."""

    def __str__(self) -> str:
        size = f"{len(self.content) / 2**20:.0f} MiB"
        return f"{self.seconds:.1f} s, first byte after {self.first_byte:.2f} s, {size}, +{self.growth:.0f} MiB of memory"


def run() -> list[dict[str, Any]]:
    """Seconds of whole exports, ours as medians of three around theirs; `equal` counts rows that Label Studio lost or changed."""
    with site("table", count=ROWS, database="SQLite") as running:
        responses = running.responses(running.prepared["study"])
        path = f"/api/v1/studies/{running.prepared['study']}/responses?format="
        forms = ("csv", "jsonl")
        with label_studio(responses) as rival:
            turns = [[_ours(running, path + form) for form in forms]]
            theirs = []
            for way in (_csv, _stored):
                with rival.served() as fresh:
                    theirs.append(_measured(fresh, lambda way=way, fresh=fresh: way(rival, fresh)))
                turns.append([_ours(running, path + form) for form in forms])
    lost = (_lost(responses, _csv_rows(theirs[0].content)), _lost(responses, _json_rows(theirs[1].content)))
    names = {"export_vs_label_studio": "CSV", "export_json_vs_label_studio": "JSON lines, theirs its stored export as JSON"}
    return [
        _row(name, told, ours=[turn[index] for turn in turns], theirs=theirs[index], lost=lost[index])
        for index, (name, told) in enumerate(names.items())
    ]


def _row(name: str, told: str, *, ours: list[Export], theirs: Export, lost: int) -> dict[str, Any]:
    seconds = statistics.median(one.seconds for one in ours)
    return {
        "name": name,
        "ours": seconds,
        "reference": theirs.seconds,
        "ratio": theirs.seconds / seconds,
        "unit": "s",
        "peak_mib": max(one.growth for one in ours),
        "equal": lost,
        "detail": f"{ROWS} responses as {told}, both on SQLite; Label Studio 1.23.2 (label-studio start, filled by its REST "
        f"import): {theirs}; ours, one of three: {ours[0]}",
    }


def _ours(running: Site, path: str) -> Export:
    return _measured(running, lambda: asked(running, path, timeout=TIMEOUT))


def _csv(rival: LabelStudio, fresh: Site) -> Any:
    return asked(fresh, f"{PROJECT}/export?exportType=CSV&download_resources=false", timeout=rival.seconds_left())


def _stored(rival: LabelStudio, fresh: Site) -> Any:
    """Ask for the export, which is made while we wait since there is no queue, and download it."""
    with asked(fresh, f"{PROJECT}/exports/", body={}, timeout=rival.seconds_left()) as answer:
        made = json.load(answer)
    if made["status"] != "completed":
        raise RuntimeError(f"Label Studio's stored export is {made['status']}")
    return asked(fresh, f"{PROJECT}/exports/{made['id']}/download?exportType=JSON", timeout=rival.seconds_left())


def _measured(running: Site, opened: Callable[[], Any]) -> Export:
    before, started = running.processes_mib("VmRSS"), time.perf_counter()
    with opened() as answer:
        head = answer.read(1)
        first_byte = time.perf_counter() - started
        content = head + answer.read()
    seconds = time.perf_counter() - started
    growth = max(peak - before.get(pid, 0.0) for pid, peak in running.processes_mib("VmHWM").items())
    return Export(seconds=seconds, first_byte=first_byte, content=content, growth=growth)


def _csv_rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode(), newline="")))


def _json_rows(content: bytes) -> list[dict[str, str]]:
    """Tasks with their choices, as rows again."""
    return [
        {**task["data"], "choice": one["result"][0]["value"]["choices"][0]}
        for task in json.loads(content)
        for one in task["annotations"]
    ]


def _lost(responses: list[dict[str, str]], rows: list[dict[str, str]]) -> int:
    """Responses that are not among the rows with all their values, and rows that are no response."""
    by_id = {row["response_id"]: row for row in rows}
    whole = sum(row.items() <= by_id.get(row["response_id"], {}).items() for row in responses)
    return len(responses) - whole + len(rows) - whole
