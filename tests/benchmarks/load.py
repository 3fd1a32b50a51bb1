"""Whole sessions by locust, on PostgreSQL and on SQLite: sessions a minute, images and answers a second, nothing lost."""

import json
import resource
import subprocess
from pathlib import Path
from typing import Any

from tests.benchmarks.acknowledged import not_as_sent
from tests.benchmarks.programs import programs
from tests.benchmarks.servers import DATABASES, WORKERS, Site, site
from tests.services.processes import CHECKOUT

PEOPLE = 12
"""At once, and they never pause."""
SECONDS = 45
SECONDS_MORE = 60
"""For locust to start, and to end once the time is over; after that it is stopped, and the benchmark fails."""
TARGET = {"sessions_per_minute": 100 / 15, "images_per_second": 100.0}
"""What a hundred people need who take 15 minutes each, for some 900 images."""
SPREAD = ("answer", "image", "plan", "finish")
"""Requests whose times are told, those that somebody came to."""
UNITS = {"sessions_per_minute": "sessions/min", "images_per_second": "images/s"}


def run() -> list[dict[str, Any]]:
    """Two rows for each database; `equal` counts errors, and acknowledged answers that are not in the export as sent."""
    return [row for database, suffix in DATABASES.items() for row in _rows(database, suffix)]


def _rows(database: str, suffix: str) -> list[dict[str, Any]]:
    with site("whole_sessions", count=40, database=database) as running:
        before = _children_seconds()
        requests, noted = _locust(running)
        generator = _children_seconds() - before
        peak = running.memory_mib("VmHWM")
        acknowledged = {line["trial"]: line for line in noted if "trial" in line}
        lost = not_as_sent(acknowledged, running.responses(running.prepared["study"]))
    finished = sum("code" in line for line in noted)
    ours = {"sessions_per_minute": 60 * finished / SECONDS, "images_per_second": requests["image"]["num_requests"] / SECONDS}
    failures = {name: entry["num_failures"] for name, entry in requests.items() if entry["num_failures"]}
    spread = "; ".join(f"{name} {_percentiles(requests[name])}" for name in SPREAD if name in requests)
    detail = (
        f"{finished} sessions of 41 trials finished, {len(acknowledged) / SECONDS:.0f} answers/s, "
        f"{lost} of {len(acknowledged)} lost, doubled or changed; {sum(failures.values())} errors {failures or ''}; p50/p95/p99 "
        f"in ms: {spread}; {PEOPLE} people who never pause; the load generator, in the same machine, took {generator:.0f} s of a "
        f"core in {SECONDS} s; gunicorn with {WORKERS} workers, {database} that waits for the disk"
    )
    return [
        {
            "name": name + suffix,
            "ours": ours[name],
            "reference": TARGET[name],
            "ratio": ours[name] / TARGET[name],
            "unit": unit,
            "peak_mib": peak,
            "equal": lost + sum(failures.values()),
            "detail": detail,
        }
        for name, unit in UNITS.items()
    ]


def _locust(running: Site) -> tuple[dict[str, dict[str, Any]], list[dict[str, Any]]]:
    """Locust's statistics by the name of the request, and what the participants noted."""
    record = running.folder / "acknowledged.jsonl"
    done = subprocess.run(
        [
            *(programs("locust") / "locust", "-f", Path(__file__).with_name("locustfile.py"), "--headless", "--json"),
            *("--host", running.web.url, "--study", running.prepared["study"], "--record", record),
            *("--users", str(PEOPLE), "--spawn-rate", str(PEOPLE), "--run-time", f"{SECONDS}s", "--exit-code-on-error", "0"),
            *("--only-summary", "--loglevel", "WARNING"),
        ],
        cwd=CHECKOUT,
        check=True,
        stdout=subprocess.PIPE,
        timeout=SECONDS + SECONDS_MORE,
    )
    return {entry["name"]: entry for entry in json.loads(done.stdout)}, [*map(json.loads, record.read_text().splitlines())]


def _percentiles(entry: dict[str, Any]) -> str:
    """Of a histogram of response times, whose keys are ms."""
    counts = sorted((int(float(ms)), count) for ms, count in entry["response_times"].items())
    total, found = sum(count for _, count in counts), []
    for percent in (50, 95, 99):
        seen = 0
        for ms, count in counts:
            seen += count
            if seen >= total * percent / 100:
                found.append(str(ms))
                break
    return "/".join(found) or "none"


def _children_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
