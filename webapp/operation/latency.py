"""How long requests take, by view and status. With PROMETHEUS_MULTIPROC_DIR all processes of a web server count together."""

import os
from pathlib import Path

if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
    # The client looks for it when it is imported, and does not make it.
    Path(os.environ["PROMETHEUS_MULTIPROC_DIR"]).mkdir(parents=True, exist_ok=True)

from prometheus_client import CollectorRegistry, Histogram
from prometheus_client.multiprocess import MultiProcessCollector

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1, 2.5, 5, 10)
OWN = CollectorRegistry()
REQUESTS = Histogram(
    "unitscope_http_request_seconds", "Time to answer a request", ["view", "status"], buckets=SECONDS, registry=OWN
)


def observe(view: str, status: int, seconds: float) -> None:
    """Count a request."""
    REQUESTS.labels(view=view, status=str(status)).observe(seconds)


def latencies() -> CollectorRegistry:
    """What all processes have counted; without a folder that they share, this one."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return OWN
    registry = CollectorRegistry()
    MultiProcessCollector(registry)
    return registry
