"""An analysis as the result page shows it: figures by group, the first rows of each table, and where to download them."""

import json
from collections.abc import Mapping
from typing import Any

from django.urls import reverse

from webapp.stimuli.models import Artifact
from webapp.stimuli.selectors import store

ROWS_SHOWN = 24
NOTHING = "–"


def shown_analysis(artifact: Artifact) -> dict[str, Any]:
    """Groups with their figures, tables, claims, and what all was computed from; without tables if an older version made it."""
    stored = artifact.read_manifest().file("result.json")
    result: dict[str, Any] = json.loads(store().read_blob(stored.sha256))
    tables = {table["name"]: _table(table, artifact) for table in result.get("tables", ())}
    figures = [_figure(figure, tables, artifact) for figure in result.get("figures", ())]
    groups = [
        {**group, "figures": [figure for figure in figures if figure["group"] == group["name"]]}
        for group in (result["groups"] if tables else ())
    ]
    return {
        "groups": groups,
        "tables": list(tables.values()),
        "claims": result["claims"],
        "next": result.get("next"),
        "computed_from": result["computed_from"],
    }


def _table(table: Mapping[str, Any], artifact: Artifact) -> dict[str, Any]:
    names = [column["name"] for column in table["columns"]]
    shown = [[_cell(row[name]) for name in names] for row in table["rows"][:ROWS_SHOWN]]
    return {
        **table,
        "columns": [{**column, "name": column["name"].replace("_", " ")} for column in table["columns"]],
        "rows": shown,
        "number": len(table["rows"]),
        "url": _url(artifact, f"{table['name']}.csv"),
    }


def _figure(figure: Mapping[str, Any], tables: Mapping[str, Any], artifact: Artifact) -> dict[str, Any]:
    return {**figure, "url": _url(artifact, f"{figure['name']}.svg"), "tables": [tables[name] for name in figure["tables"]]}


def _url(artifact: Artifact, name: str) -> str:
    return reverse("api:artifact-file", args=[artifact.digest, name])


def _cell(value: Any) -> str:
    """A value as people read it: three digits, more of very small ones."""
    if value is None or value == "":
        return NOTHING
    if isinstance(value, float):
        small = 0 < abs(value) < 0.0005
        return f"{value:.1e}" if small else f"{value:,.3f}" if abs(value) < 1000 else f"{value:,.0f}"
    return f"{value:,}" if isinstance(value, int) else str(value)
