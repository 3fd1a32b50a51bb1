"""What the tests of all three analyses ask of their findings."""

import csv
import io
import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from experiments.contract.artifacts import ArtifactStore, Manifest
from experiments.contract.recipes import Analysis
from experiments.methods.choice_analysis.findings import Findings, result_files
from experiments.workshop import LocalWorkshop

SVG = "{http://www.w3.org/2000/svg}svg"


def assert_sound(findings: Findings) -> None:
    """Every table is in the result and can be downloaded; every figure is an SVG drawn from tables that are there."""
    files = {file.name: file for file in result_files(findings)}
    result = json.loads(files["result.json"].content)
    tables = {table["name"]: table for table in result["tables"]}
    assert len(files) == 1 + len(tables) + len(result["figures"])
    for name, table in tables.items():
        header, *rows = csv.reader(io.StringIO(files[f"{name}.csv"].content.decode(), newline=""))
        assert files[f"{name}.csv"].media_type == "text/csv"
        assert header == [column["name"] for column in table["columns"]]
        assert [len(row) for row in rows] == [len(header)] * len(table["rows"])
    for figure in result["figures"]:
        file = files[f"{figure['name']}.svg"]
        assert ElementTree.fromstring(file.content).tag == SVG
        assert file.media_type == "image/svg+xml"
        assert figure["tables"]
        assert all(tables[name]["rows"] for name in figure["tables"])
        assert figure["group"] in {group["name"] for group in result["groups"]}
        assert ("not people" in figure["caption"]) == figure["group"].startswith("simulated")


def rows_of(findings: Findings, table: str, **values: Any) -> list[dict[str, Any]]:
    """Rows of a table of the result in which each named column has the given value."""
    (found,) = [one for one in findings.result["tables"] if one["name"] == table]
    return [row for row in found["rows"] if all(row[name] == value for name, value in values.items())]


def claims_of(findings: Findings) -> dict[str, tuple[str | None, bool | None]]:
    """Value and judgment of each claim."""
    return {claim["id"]: (claim["value"], claim["holds"]) for claim in findings.result["claims"]}


def analyzed(folder: Path, content: bytes, *, paper: str) -> tuple[Manifest, ArtifactStore]:
    """The artifact that a worker makes of a table."""
    store = ArtifactStore(str(folder))
    recipe = Analysis(paper=paper, table=store.write_blob(content), seed=3)
    return LocalWorkshop(store=store, device="cpu", report=lambda *progress: None).obtain(recipe), store
