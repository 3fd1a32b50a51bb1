"""Puts the measurements of a run, its claims and its figures together as an artifact. Called by every paper's `train`."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from experiments.contract.artifacts import NewFile, Product
from experiments.contract.claims import Claim, check_claims
from experiments.contract.environment import machine, versions
from experiments.contract.recipes import Run

Metrics = Mapping[str, Mapping[str, Any]]
"""By subject (a network, a part of the experiment) what was measured, by name; a value is a number, a text, a list or None."""


@dataclass(frozen=True, kw_only=True)
class RunFigure:
    """An SVG of a run."""

    name: str
    caption: str
    content: bytes


def run_product(
    recipe: Run,
    *,
    metrics: Metrics,
    claims: Iterable[Claim],
    figures: Sequence[RunFigure],
    parents: Sequence[str],
    device: str,
    warnings: Sequence[str] = (),
) -> Product:
    """The artifact of a run: `result.json` and an SVG for each figure.

    `warnings` are sentences about what was asked for, such as that a configuration cannot identify anything; a run is made all
    the same.
    """
    result: dict[str, Any] = {
        "paper": recipe.paper,
        "recipe": recipe.as_json(),
        "warnings": list(warnings),
        "metrics": metrics,
        "figures": [{"name": figure.name, "caption": figure.caption} for figure in figures],
        "environment": {**versions(), "device": device, **machine()},
    }
    result["claims"] = check_claims(claims, result=result)
    content = json.dumps(result, indent=1, sort_keys=True, allow_nan=False).encode()
    drawn = (
        NewFile(name=f"{figure.name}.svg", content=figure.content, media_type="image/svg+xml", about={"caption": figure.caption})
        for figure in figures
    )
    files = (NewFile(name="result.json", content=content, media_type="application/json"), *drawn)
    values = {"claims": result["claims"], "warnings": result["warnings"]}
    return Product(new_files=files, values=values, parents=parents)
