"""A study as a Psych-DS data set: responses, sessions, a description that names every column, the codebook, what was asked."""

from collections.abc import Generator, Iterator, Sequence
from typing import Any

from experiments import registry
from webapp.studies.exports.archive import (
    Counted,
    Member,
    changes,
    citation,
    json_file,
    label,
    require_pseudonymous,
    text_file,
    zipped,
)
from webapp.studies.exports.codebook.entries import Entry, about_sessions, codebook
from webapp.studies.exports.codebook.written import levels_in_words, written
from webapp.studies.exports.csv_lines import csv_text, write_csv
from webapp.studies.exports.readme import readme
from webapp.studies.exports.rows import ALIAS, ORDER, ORDER_OF_SESSIONS, responses
from webapp.studies.exports.selection import Selection
from webapp.studies.exports.text_rows import as_text, column_kinds, fetched
from webapp.studies.models import Study
from webapp.studies.selectors import study_design

NOT_DATA = "documentation/\nmaterials/\n"
"""Not described by the standard; its validator shall not ask about them."""


def write_psychds(study: Study, selection: Selection) -> Generator[bytes, None, int]:
    """The archive in pieces; returns how many responses are in it."""
    require_pseudonymous(selection)
    return zipped(_members(study, selection))


def _members(study: Study, selection: Selection) -> Generator[Member, None, int]:
    entries = codebook(study)
    tables = {name: f"data/study-{_label(study)}_description-{name}_data.csv" for name in ("responses", "sessions")}
    yield json_file("dataset_description.json", _description(study, entries))
    counted = Counted(write_csv(study, selection))
    yield tables["responses"], counted
    yield tables["sessions"], _sessions(study, selection, [entry.name for entry in about_sessions(entries)])
    yield json_file("materials/design.json", _design(study))
    yield text_file("documentation/consent.txt", f"{study.consent.title} ({study.consent.version})\n\n{study.consent.body}\n")
    for form in ("json", "md"):
        yield text_file(f"documentation/codebook.{form}", written(study, form=form))
    yield text_file("CHANGES.md", changes(study))
    yield text_file("README.md", readme(study, files=_files(tables)))
    yield text_file(".psychdsignore", NOT_DATA)
    return counted.rows


def _label(study: Study) -> str:
    return label(study.name, otherwise=study.id.hex)


def _files(tables: dict[str, str]) -> dict[str, str]:
    return {
        tables["responses"]: "a row for each response",
        tables["sessions"]: "a row for each session in which somebody answered",
        "documentation/codebook.json": "meaning, type, unit and levels of each column; `codebook.md` for reading",
        "documentation/consent.txt": "what participants agreed to",
        "materials/design.json": "units, conditions and settings, which fix every trial",
    }


def _description(study: Study, entries: list[Entry]) -> dict[str, Any]:
    paper = registry.experiment(study.paper)
    return {
        "@context": "http://schema.org/",
        "@type": "Dataset",
        "name": study.title,
        "description": f"Responses to the trials of the study {study.name}, a row each. Its design follows {citation(study)}",
        "schemaVersion": "Psych-DS 1.0.0",
        "identifier": str(study.id),
        "version": f"{study.version}.0.0",
        "dateCreated": study.created_at.date().isoformat(),
        "citation": citation(study),
        "isBasedOn": paper.url,
        "measurementTechnique": study_design(study).TITLE,
        "keywords": ["psychophysics", "interpretability", "vision networks", study.paper],
        "variableMeasured": [_variable(entry) for entry in entries],
    }


def _variable(entry: Entry) -> dict[str, Any]:
    """A column in the words of schema.org."""
    column = entry.column
    told = [f"{column.description}.", levels_in_words(column.levels), f"Empty {column.missing}." if column.missing else ""]
    about: dict[str, Any] = {
        "@type": "PropertyValue",
        "name": entry.name,
        "description": " ".join(filter(None, told)),
        "unitText": column.unit,
        "valueReference": [
            {"@type": "PropertyValue", "value": level, "description": meaning} for level, meaning in column.levels.items()
        ],
        "minValue": column.low,
        "maxValue": column.high,
    }
    return {name: value for name, value in about.items() if value not in ("", None, [])}


def _design(study: Study) -> dict[str, Any]:
    return {
        "paper": study.paper,
        "units": study.unit_addresses,
        "conditions": [condition.name for condition in study.conditions.order_by("id")],
        "settings": study.settings,
        "design_digest": study.design_digest,
    }


def _sessions(study: Study, selection: Selection, names: Sequence[str]) -> Iterator[bytes]:
    """The table of sessions."""
    kinds = column_kinds(study, selection)
    rows = (
        responses(study, selection).order_by(*ORDER[: len(ORDER_OF_SESSIONS)]).values_list(*(f"{ALIAS}{name}" for name in names))
    )
    yield (",".join(names) + "\n").encode()
    for some in fetched(as_text(rows.distinct(), {name: kinds[name] for name in names})):
        yield csv_text(some).encode()
