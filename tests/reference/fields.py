"""The pages of recipes and of designs, from their dataclasses and the texts below the fields, or else the builder's hints."""

import dataclasses
from typing import Any

from pdoc.doc import Class, Variable

from experiments import registry
from experiments.contract.recipes import RECIPES, STIMULI
from webapp.studies.builder.hints import HINTS

RECIPES_HEAD = """# Recipes

Generated from the code by `python -m tests.reference`. The fields of `--set`, of `POST /api/v1/stimuli` and `/circuits`, and
of studies; an unknown one is an error. `kind` says which recipe it is. How they are used: [stimuli](../stimuli.md).
"""
DESIGNS_HEAD = """# Settings of designs

Generated from the code by `python -m tests.reference`. The fields of `study_create PAPER --set key=value` and of the study
builder; the defaults are the published scale.
"""


def recipes_page() -> str:
    """What can be asked for by kind."""
    kinds = [kind for kind in RECIPES if kind in STIMULI or kind == "circuit"]
    return "\n".join([RECIPES_HEAD, *(_section(kind, RECIPES[kind]) for kind in kinds)])


def designs_page() -> str:
    """Every paper that asks people, with its conditions."""
    parts = [DESIGNS_HEAD]
    for slug, paper in registry.experiments().items():
        if paper.asks_people:
            design = registry.design(slug)
            conditions = f"Conditions: {', '.join(f'`{name}`' for name in design.CONDITIONS)}.\n"
            parts.append(_section(slug, design.Settings, lead=f"{design.TITLE}\n\n{conditions}"))
    return "\n".join(parts)


def _section(title: str, of: type[Any], *, lead: str = "") -> str:
    documented = Class(of.__module__, of.__qualname__, of, (of.__module__, of.__qualname__))
    rows = [_row(field.name, documented.members[field.name], required=_is_required(field)) for field in dataclasses.fields(of)]
    about = lead or (of.__doc__ or "").split("\n\n")[0]
    return "\n".join(
        [f"## `{title}`", "", about.strip(), "", "| field | type | default | meaning |", "|---|---|---|---|", *rows, ""]
    )


def _is_required(field: dataclasses.Field[Any]) -> bool:
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING


def _row(name: str, documented: Any, *, required: bool) -> str:
    assert isinstance(documented, Variable)
    kind = documented.annotation_str.removeprefix(": ").replace("|", "or")
    default = "required" if required else f"`{documented.default_value_str.removeprefix(' = ')}`"
    return f"| `{name}` | {kind} | {default} | {' '.join(documented.docstring.split()) or HINTS.get(name, '')} |"
