"""The codebook of a study: each exported column with its meaning, and the field of the models that it is read from."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db.models.expressions import Case, Col
from django.db.models.fields.json import KeyTransform

from experiments.contract.designs import CHOICES, LANGUAGES
from experiments.contract.tables import RESPONSE_COLUMNS, Column
from webapp.studies.exports.rows import responses
from webapp.studies.exports.selection import Selection
from webapp.studies.models import Study
from webapp.studies.selectors import study_design


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A column of a study's responses."""

    name: str
    column: Column
    source: str
    """Model and field, such as `Session.kind`."""


def codebook(study: Study) -> list[Entry]:
    """The columns in the order of the export; levels are those that can occur in this study."""
    levels = _levels(study)
    sources = column_sources(study)
    return [
        Entry(
            name=name,
            column=replace(column, levels=levels[name]) if name in levels else column,
            source=sources[name],
        )
        for name, column in RESPONSE_COLUMNS.items()
    ]


OF_THE_STUDY = {"study": "Study.name", "paper": "Study.paper", "design_digest": "Study.design_digest"}
"""What is the same in all rows, and written into the query."""


def column_sources(study: Study) -> dict[str, str]:
    """Where each column is read from, as the query of the export says it."""
    read = responses(study, Selection()).query.annotations
    return {name: OF_THE_STUDY.get(name) or _source(read[f"column_{name}"]) for name in RESPONSE_COLUMNS}


def about_sessions(entries: Sequence[Entry]) -> list[Entry]:
    """The columns that are the same in all rows of a session, but for those that are the study's."""
    return [entry for entry in entries if entry.source.partition(".")[0] in ("Session", "Condition")]


def _source(expression: Any) -> str:
    """Model and field of the first column that an expression reads."""
    if isinstance(expression, Case):
        return _source(expression.cases[0].condition.children[0].lhs)
    read = list(expression.flatten())
    field: Any = next(part.target for part in read if isinstance(part, Col))
    while field.is_relation:
        field = field.target_field
    key = next((f"[{part.key_name}]" for part in read if isinstance(part, KeyTransform)), "")
    return f"{field.model.__name__}.{field.name}{key}"


def _levels(study: Study) -> dict[str, dict[str, str]]:
    """What a study narrows down."""
    design = study_design(study)
    places = {name: RESPONSE_COLUMNS["choice"].levels[name] for name in CHOICES[design.TASK]}
    conditions = {condition.name: f"as in {study.paper}" for condition in study.conditions.order_by("id")}
    languages = {code: LANGUAGES[code] for code in study.languages}
    return {"choice": places, "correct_choice": places, "condition": conditions, "language": languages}
