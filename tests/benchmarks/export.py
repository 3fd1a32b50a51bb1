"""The streamed export of 130,000 responses against `psql \\copy` of the same rows."""

import itertools
import statistics
import subprocess
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.benchmarks.servers import Site, site
from tests.services import processes

RESPONSES = 130_000
REPETITIONS = 3
PIECE = 1 << 16


def run() -> list[dict[str, Any]]:
    """Seconds of a whole export over HTTP and of psql, median of three after one to warm up; `equal` counts differing rows."""
    with site("table", count=RESPONSES) as running:
        files = {name: running.folder / f"{name}.csv" for name in ("http", "psql", "command")}
        first_bytes: list[float] = []
        ways: dict[str, Callable[[], None]] = {
            "http": lambda: first_bytes.append(_download(running, files["http"])),
            "psql": lambda: _copy(running, files["psql"]),
            "command": lambda: _command(running, files["command"]),
        }
        before = running.memory_mib("VmRSS")
        for way in ways.values():
            way()
        seconds = {name: [_timed(way) for _ in range(REPETITIONS)] for name, way in ways.items()}
        growth = running.memory_mib("VmHWM") - before
        differing = _differing_rows(files["http"], files["psql"]) + _differing_rows(files["command"], files["psql"])
        size = files["http"].stat().st_size
    ours, reference, command = (statistics.median(seconds[name]) for name in ways)
    return [
        {
            "name": "export_vs_copy",
            "ours": ours,
            "reference": reference,
            "ratio": reference / ours,
            "unit": "s",
            "peak_mib": growth,
            "equal": differing,
            "detail": f"{RESPONSES} rows, {size / 2**20:.0f} MiB; first byte after "
            f"{1000 * statistics.median(first_bytes[1:]):.0f} ms; peak_mib is how far the web server grew; "
            f"manage.py export_responses {command:.2f} s with the start of Python",
        }
    ]


def _timed(way: Callable[[], None]) -> float:
    started = time.perf_counter()
    way()
    return time.perf_counter() - started


def _download(running: Site, path: Path) -> float:
    """Save the export as a client gets it; returns the seconds to the first byte."""
    request = urllib.request.Request(
        f"{running.web.url}/api/v1/studies/{running.prepared['study']}/responses?format=csv",
        headers={"Authorization": f"Token {running.prepared['token']}"},
    )
    started = time.perf_counter()
    with urllib.request.urlopen(request) as response, path.open("wb") as file:
        file.write(response.read(1))
        first_byte = time.perf_counter() - started
        while piece := response.read(PIECE):
            file.write(piece)
    return first_byte


def _copy(running: Site, path: Path) -> None:
    command = f"\\copy ({running.prepared['select']}) to '{path}' csv header"
    subprocess.run(["psql", "--quiet", "--no-psqlrc", "--command", command, running.database_url], check=True)


def _command(running: Site, path: Path) -> None:
    processes.run_manage("export_responses", "--study", running.prepared["name"], "--out", str(path), env=running.env)


def _differing_rows(ours: Path, theirs: Path) -> int:
    """Rows that differ or that only one of the files has; the headers, which are named differently, aside."""
    pairs = itertools.zip_longest(ours.read_text().splitlines()[1:], theirs.read_text().splitlines()[1:])
    return sum(our != their for our, their in pairs)
