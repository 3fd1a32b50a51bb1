"""How far the memory of a process grows that asks for an analysis of many responses; called by name inside `manage.py shell`."""

import json
import time
from pathlib import Path

from webapp.studies.models import Session, Study
from webapp.studies.results.requests import results_request


def measure(path: str) -> None:
    """Write to `path`, as JSON, the seconds that the request took and its growth in MiB."""
    study = Study.objects.get()
    study.sessions.update(state=Session.State.FINISHED)
    before, started = _mib("VmRSS"), time.perf_counter()
    asked = results_request(study) is not None
    numbers = {"asked": asked, "seconds": time.perf_counter() - started, "growth": _mib("VmHWM") - before}
    Path(path).write_text(json.dumps(numbers))


def _mib(field: str) -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith(f"{field}:")) / 1024
