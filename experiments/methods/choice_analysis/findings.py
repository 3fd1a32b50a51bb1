"""Puts tables, figures and claims together: the JSON of a result and the files of its artifact. Called by every analysis."""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from experiments.contract.artifacts import NewFile, Product, Workshop
from experiments.contract.claims import Claim, check_claims
from experiments.contract.errors import InputError
from experiments.contract.recipes import Analysis
from experiments.methods.choice_analysis.responses import COUNTED, Responses
from experiments.methods.choice_analysis.tables import Table


@dataclass(frozen=True, kw_only=True)
class Figure:
    """An SVG about one group, and the names of the tables that it was drawn from."""

    name: str
    group: str
    caption: str
    tables: tuple[str, ...]
    content: bytes


@dataclass(frozen=True, kw_only=True)
class Findings:
    """What an analysis finds in a table of responses."""

    result: dict[str, Any]
    """JSON: groups, what it was computed from, tables, figures (without content), claims."""
    tables: Sequence[Table]
    figures: Sequence[Figure]


def assemble(
    responses: Responses, *, tables: Sequence[Table], figures: Iterable[Figure | None], claims: Iterable[Claim], seed: int
) -> Findings:
    """The findings; figures that could not be drawn, for want of data, are None and left out."""
    drawn = [figure for figure in figures if figure]
    left_out = responses.sessions.loc[responses.sessions["status"] != COUNTED, "status"].value_counts()
    result: dict[str, Any] = {
        "groups": [asdict(group) for group in responses.groups],
        "computed_from": {
            "table": responses.sha256,
            "responses": len(responses.answers),
            "sessions_left_out": {str(reason): int(number) for reason, number in left_out.items()},
        },
        "seed": seed,
        "tables": [table.as_json() for table in tables],
        "figures": [
            {"name": figure.name, "group": figure.group, "caption": figure.caption, "tables": list(figure.tables)}
            for figure in drawn
        ],
    }
    result["claims"] = check_claims(claims, result=result)
    return Findings(result=result, tables=tables, figures=drawn)


def make_analysis(recipe: Analysis, workshop: Workshop, *, analyze_table: Callable[[bytes, int], Findings]) -> Product:
    """Analyze a stored table.

    Raises:
        InputError: The table is missing, lacks a column, or holds a value that cannot be.
    """
    workshop.report(0, 1, "reading the responses")
    try:
        table = workshop.store.read_blob(recipe.table)
    except FileNotFoundError as error:
        message = f"nothing is stored under {recipe.table[:12]!r}"
        raise InputError(field="table", message=message, remedy="Give the sha256 of a stored table of responses") from error
    findings = analyze_table(table, recipe.seed)
    workshop.report(1, 1, "analyzed")
    return Product(new_files=result_files(findings))


def result_files(findings: Findings) -> list[NewFile]:
    """`result.json`, a CSV for each table, an SVG for each figure."""
    content = json.dumps(findings.result, indent=1, sort_keys=True, allow_nan=False).encode()
    return [
        NewFile(name="result.json", content=content, media_type="application/json"),
        *(NewFile(name=f"{table.name}.csv", content=table.as_csv(), media_type="text/csv") for table in findings.tables),
        *(
            NewFile(
                name=f"{figure.name}.svg", content=figure.content, media_type="image/svg+xml", about={"caption": figure.caption}
            )
            for figure in findings.figures
        ),
    ]
