"""How long the answer to a request for a stimulus takes that exists already, over HTTP, on PostgreSQL and on SQLite."""

import http.client
import json
import statistics
import time
from typing import Any
from urllib.parse import urlsplit

from tests.benchmarks.servers import DATABASES, Site, site

IMAGES = 18
REQUESTS = 200
WARM = 20
TARGET_MS = 20.0


def run() -> list[dict[str, Any]]:
    """A row for each database, of one client that asks again and again; `equal` counts answers that are not the artifact."""
    return [_row(database, suffix) for database, suffix in DATABASES.items()]


def _row(database: str, suffix: str) -> dict[str, Any]:
    with site("made_stimulus", count=IMAGES, database=database) as running:
        times, wrong = _asked(running)
        peak = running.memory_mib("VmHWM")
    median, p95 = statistics.median(times), statistics.quantiles(times, n=100)[94]
    return {
        "name": f"stimulus_cache_hit{suffix}",
        "ours": median,
        "reference": TARGET_MS,
        "ratio": TARGET_MS / median,
        "unit": "ms",
        "peak_mib": peak,
        "equal": wrong,
        "detail": f"median of {REQUESTS}, p95 {p95:.1f} ms (target: under {TARGET_MS:.0f}); one client, {database}",
    }


def _asked(running: Site) -> tuple[list[float], int]:
    """ms of each request after those to warm up, and how many were not answered with the artifact."""
    client = http.client.HTTPConnection(urlsplit(running.web.url).netloc)
    headers = {"Authorization": f"Token {running.prepared['token']}", "Content-Type": "application/json"}
    body = json.dumps(running.prepared["recipe"])
    times, wrong = [], 0
    for _ in range(WARM + REQUESTS):
        started = time.perf_counter()
        client.request("POST", "/api/v1/stimuli", body=body, headers=headers)
        response = client.getresponse()
        content = response.read()
        times.append(1000 * (time.perf_counter() - started))
        wrong += response.status != 200 or json.loads(content)["digest"] != running.prepared["digest"]
    client.close()
    return times[WARM:], wrong
