"""The rows of the benchmarks: measured in a process of their own, kept in `var/bench/results.json`, shown as a table."""

import importlib
import json
import multiprocessing
import os
import platform
import signal
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

from experiments.jobs import VAR

RESULTS = VAR / "bench" / "results.json"
COLUMNS = ("ratio", "name", "ours", "reference", "unit", "peak_mib", "equal", "detail")
LONGEST_SECONDS = 3600
"""A benchmark that takes longer hangs."""


def measured(module: str) -> list[dict[str, Any]]:
    """The rows of a benchmark, run in a process of its own, so that its peak of memory is its own too."""
    with ProcessPoolExecutor(max_workers=1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(_run, module).result()


def _run(module: str) -> list[dict[str, Any]]:
    # Raised where it stands, so that servers that it started end with it.
    signal.signal(signal.SIGALRM, _out_of_time)
    signal.alarm(LONGEST_SECONDS)
    rows: list[dict[str, Any]] = importlib.import_module(f"tests.benchmarks.{module}").run()
    return rows


def _out_of_time(*_: Any) -> None:
    raise TimeoutError(f"the benchmark took more than {LONGEST_SECONDS} s")


def save(rows: list[dict[str, Any]]) -> None:
    """Write the rows beside those of other benchmarks that are there already."""
    kept = {row["name"]: row for row in json.loads(RESULTS.read_text())} if RESULTS.exists() else {}
    kept.update({row["name"]: row for row in rows})
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    unfinished = RESULTS.with_suffix(".unfinished")
    unfinished.write_text(json.dumps(list(kept.values()), indent=2) + "\n")
    unfinished.replace(RESULTS)


def table(rows: list[dict[str, Any]]) -> str:
    """The rows as text, ratios first: over 1 means that we are better."""
    cells = [[name.replace("_mib", " MiB") for name in COLUMNS], *([_shown(row[name]) for name in COLUMNS] for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(COLUMNS))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells)


def machine() -> str:
    """The class of this machine."""
    cpu, memory = platform.processor() or platform.machine(), os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    info = Path("/proc/cpuinfo")
    if info.exists():
        models = [line.partition(":")[2].strip() for line in info.read_text().splitlines() if line.startswith("model name")]
        cpu = models[0] if models else cpu
    return f"{len(os.sched_getaffinity(0))} cores of {cpu}, {memory / 2**30:.0f} GiB, Python {platform.python_version()}"


def _shown(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
