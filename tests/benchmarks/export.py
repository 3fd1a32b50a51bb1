"""Streamed exports of 130,000 and 1.3 million responses: `psql \\copy`, SQLite, Parquet, pages, and what memory they take.

Also the table of an analysis, which is the same export to the artifact store.
"""

import hashlib
import itertools
import json
import statistics
import subprocess
import time
import urllib.request
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.benchmarks.servers import Site, site
from tests.services import processes

RESPONSES = 130_000
MANY = 1_300_000
REPETITIONS = 3
PIECE = 1 << 16
PAGE = 100
PAGES = RESPONSES // PAGE
SECONDS = {"SQLite": 10.0, "parquet": 5.0}
"""To beat, by database or format."""
MAX_GROWTH = 64.0
"""MiB."""
FORMS = ("csv", "jsonl", "parquet")
ARCHIVES = {"psychds": b"responses_data.csv", "bids": b"_beh.tsv"}
"""With what the name of the first table ends."""
TIMEOUT = 600
"""s."""
REPORTED = (
    "reported by users of others, not measured here: Open Data Capture 204,800 records 12.8 s, +2.9 GiB; "
    "Label Studio 50,000 rows about 4 min; JATOS 72,000 trials about 30 s of silence (links in docs/export.md)"
)


def run() -> list[dict[str, Any]]:
    """Seconds of whole exports over HTTP, medians after one to warm up; `equal` counts rows that differ or are missing."""
    with site("table", count=RESPONSES) as running:
        rows = [_against_copy(running), _parquet(running), _pages(running), _analysis(running)]
    with site("table", count=RESPONSES, database="SQLite") as running:
        rows += [_sqlite(running), _parquet_sqlite(running)]
    with site("table", count=MANY) as running:
        rows.append(_many(running))
    return rows


def _against_copy(running: Site) -> dict[str, Any]:
    files = {name: running.folder / f"{name}.csv" for name in ("http", "psql", "command", "unsorted")}
    ways: dict[str, Callable[[], Any]] = {
        "http": lambda: _download(running, files["http"], form="csv"),
        "psql": lambda: _copy(running, files["psql"], "select"),
        "command": lambda: _command(running, files["command"]),
        "unsorted": lambda: _copy(running, files["unsorted"], "select_unsorted"),
    }
    before = running.processes_mib("VmRSS")
    firsts = [ways["http"]() for _ in range(REPETITIONS)]
    growth = _growth(running, before)
    for way in ways.values():
        way()
    # In turns, so that a busy machine is as busy for each.
    seconds = [{name: _timed(way) for name, way in ways.items()} for _ in range(REPETITIONS)]
    ours, reference, command, unsorted = (statistics.median(turn[name] for turn in seconds) for name in ways)
    return {
        "name": "export_vs_copy",
        "ours": ours,
        "reference": reference,
        "ratio": reference / ours,
        "unit": "s",
        "peak_mib": growth,
        "equal": _differing_rows(files["http"], files["psql"]) + _differing_rows(files["command"], files["psql"]),
        "detail": f"{RESPONSES} rows, {files['http'].stat().st_size / 2**20:.0f} MiB; {_first(firsts)}; "
        f"the reference sorts all rows at once, unsorted it takes {unsorted:.2f} s; "
        f"manage.py export_responses {command:.2f} s with the start of Python; {REPORTED}",
    }


def _parquet(running: Site) -> dict[str, Any]:
    return _target("export_parquet", running, SECONDS["parquet"], form="parquet", others=("jsonl", *ARCHIVES))


def _sqlite(running: Site) -> dict[str, Any]:
    return _target("export_sqlite", running, SECONDS["SQLite"], form="csv", others=("jsonl", *ARCHIVES))


def _parquet_sqlite(running: Site) -> dict[str, Any]:
    return _target("export_parquet_sqlite", running, SECONDS["parquet"], form="parquet", others=())


def _target(name: str, running: Site, target: float, *, form: str, others: tuple[str, ...]) -> dict[str, Any]:
    """Seconds of a format against what was asked for; the other formats in the detail."""
    before = running.processes_mib("VmRSS")
    downloads = [_download(running, running.folder / "file", form=form) for _ in range(REPETITIONS)]
    growth = _growth(running, before)
    beside = {other: _download(running, running.folder / "file", form=other) for other in others}
    ours = statistics.median(one["seconds"] for one in downloads)
    told = "".join(f"{other} {one['seconds']:.2f} s, {_firsts(one)}; " for other, one in beside.items())
    return {
        "name": name,
        "ours": ours,
        "reference": target,
        "ratio": target / ours,
        "unit": "s",
        "peak_mib": growth,
        "equal": sum(RESPONSES - one["rows"] for one in (*downloads, *beside.values())),
        "detail": f"{RESPONSES} rows as {form}, {downloads[0]['bytes'] / 2**20:.0f} MiB; "
        f"{_first(downloads)}; {told}the reference is the target",
    }


def _pages(running: Site) -> dict[str, Any]:
    """The first page and the last one, which is reached by pages ten times as long."""
    path = f"/api/v1/studies/{running.prepared['study']}/responses/pages"
    cursor, seen = "", 0
    while seen < RESPONSES - PAGE:
        body = _json(running, f"{path}?size={min(10 * PAGE, RESPONSES - PAGE - seen)}&cursor={cursor}".removesuffix("&cursor="))
        seen, cursor = seen + len(body["rows"]), body["next"].partition("cursor=")[2].partition("&")[0]
    first, last = f"{path}?size={PAGE}", f"{path}?size={PAGE}&cursor={cursor}"
    rows = [*_json(running, first)["rows"], *_json(running, last)["rows"]]
    seconds = [[_timed(lambda page=page: _json(running, page)) for page in (first, last)] for _ in range(7 * REPETITIONS)]
    reference, ours = (1000 * statistics.median(column) for column in zip(*seconds, strict=True))
    return {
        "name": "export_pages_flat",
        "ours": ours,
        "reference": reference,
        "ratio": reference / ours,
        "unit": "ms",
        "peak_mib": 0.0,
        "equal": 2 * PAGE - len({row["response_id"] for row in rows}),
        "detail": f"page {PAGES} of {PAGE} rows against page 1; flat is within 20 %",
    }


def _analysis(running: Site) -> dict[str, Any]:
    path = running.folder / "analysis.json"
    code = f"from tests.benchmarks import analysis_table; analysis_table.measure({str(path)!r})"
    processes.run_manage("shell", "--verbosity", "0", "--command", code, env=running.env)
    found = json.loads(path.read_text())
    return {
        "name": "export_analysis_table",
        "ours": found["growth"],
        "reference": MAX_GROWTH,
        "ratio": MAX_GROWTH / max(found["growth"], 1.0),
        "unit": "MiB",
        "peak_mib": found["growth"],
        "equal": int(not found["asked"]),
        "detail": f"{RESPONSES} rows to the store for an analysis, {found['seconds']:.2f} s; the reference is the target",
    }


def _many(running: Site) -> dict[str, Any]:
    growths, told, missing = {}, [], 0
    for form in FORMS:
        before = running.processes_mib("VmRSS")
        one = _download(running, running.folder / "file", form=form)
        growths[form] = _growth(running, before)
        missing += MANY - one["rows"]
        told.append(f"{form} {one['seconds']:.0f} s, {_firsts(one)}, +{growths[form]:.0f} MiB")
    ours = max(growths.values())
    return {
        "name": "export_1m3",
        "ours": ours,
        "reference": MAX_GROWTH,
        "ratio": MAX_GROWTH / max(ours, 1.0),
        "unit": "MiB",
        "peak_mib": ours,
        "equal": missing,
        "detail": f"{MANY} rows, growth of the web process that grows most; {'; '.join(told)}; the reference is the target",
    }


def _growth(running: Site, before: dict[int, float]) -> float:
    """MiB by which that process of the web server grew that grew most: an export runs in one of them."""
    return max(peak - before.get(pid, 0.0) for pid, peak in running.processes_mib("VmHWM").items())


def _firsts(download: dict[str, Any]) -> str:
    return f"first byte {1000 * download['first_byte']:.0f} ms, first row {1000 * download['first_row']:.0f} ms"


def _first(downloads: list[dict[str, Any]]) -> str:
    byte, row = (1000 * statistics.median(one[name] for one in downloads) for name in ("first_byte", "first_row"))
    return f"first byte after {byte:.0f} ms, first row after {row:.0f} ms; peak_mib is how far a web process grew"


def _timed(way: Callable[[], Any]) -> float:
    started = time.perf_counter()
    way()
    return time.perf_counter() - started


def _request(running: Site, path: str) -> urllib.request.Request:
    return urllib.request.Request(f"{running.web.url}{path}", headers={"Authorization": f"Token {running.prepared['token']}"})


def _json(running: Site, path: str) -> Any:
    with urllib.request.urlopen(_request(running, path), timeout=TIMEOUT) as response:
        return json.load(response)


def _download(running: Site, path: Path, *, form: str) -> dict[str, Any]:
    """Save the export as a client gets it, and check it by its receipt; seconds, also to the first byte and row, rows, bytes."""
    started, digest, head, first_row = time.perf_counter(), hashlib.sha256(), b"", None
    asked = _request(running, f"/api/v1/studies/{running.prepared['study']}/responses?format={form}")
    with urllib.request.urlopen(asked, timeout=TIMEOUT) as response, path.open("wb") as file:
        piece = response.read(1)
        first_byte = time.perf_counter() - started
        while piece:
            file.write(piece)
            digest.update(piece)
            if first_row is None:
                head += piece
                first_row = time.perf_counter() - started if _has_row(head, form) else None
            piece = response.read1(PIECE)
        seconds = time.perf_counter() - started
    receipt = _json(running, response.headers["Export-Receipt"])
    if receipt["sha256"] != digest.hexdigest():
        raise RuntimeError("the export differs from its receipt")
    firsts = {"first_byte": first_byte, "first_row": first_row}
    return {"seconds": seconds, **firsts, "rows": receipt["rows"], "bytes": receipt["bytes"]}


def _has_row(head: bytes, form: str) -> bool:
    """Whether the beginning of a file holds a whole row, behind what names the columns."""
    if form in ARCHIVES:
        name = ARCHIVES[form]
        behind = head.partition(name)[2]
        # The entry's name ends with it; 20 bytes tell the size of a large one; the rest is compressed.
        return zlib.decompressobj(-zlib.MAX_WBITS).decompress(behind[20:]).count(b"\n") > 1 if len(behind) > 20 else False
    if form == "parquet":
        return len(head) > len(b"PAR1")
    return head.count(b"\n") > (1 if form == "csv" else 0)


def _copy(running: Site, path: Path, select: str) -> None:
    command = f"\\copy ({running.prepared[select]}) to '{path}' csv header"
    subprocess.run(["psql", "--quiet", "--no-psqlrc", "--command", command, running.database_url], check=True)


def _command(running: Site, path: Path) -> None:
    processes.run_manage("export_responses", "--study", running.prepared["name"], "--out", str(path), env=running.env)


def _differing_rows(ours: Path, theirs: Path) -> int:
    """Rows that differ or that only one of the files has."""
    with ours.open() as our_lines, theirs.open() as their_lines:
        return sum(our != their for our, their in itertools.zip_longest(our_lines, their_lines))
