"""The rows of an export as a query. Every format writes these, in this order."""

from typing import Any

from django.db.models import Case, CharField, F, FilteredRelation, FloatField, IntegerField, Q, QuerySet, Value, When
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, NullIf

from experiments.contract.tables import RESPONSE_COLUMNS
from webapp.studies.exports.selection import Selection
from webapp.studies.models import Response, Session, Study

Rows = QuerySet[Response, tuple[Any, ...]]

FROM_SESSION = {
    "session_id": "id",
    "session_kind": "kind",
    "session_state": "state",
    **{name: name for name in ("cohort", "task_index", "language", "served_at")},
}
FROM_TRIAL = {
    "trial_index": "position",
    "trial_kind": "kind",
    "trial_condition": "condition",
    "repeat_of": "repeat_of_id",
    "unit": "unit__address",
    "model": "unit__model",
    "layer": "unit__layer",
    **{name: name for name in ("block", "attempt", "batch")},
}
FROM_ABOUT = ("image", "baseline_center", "baseline_variance", "baseline_saliency")
MAY_BE_BLANK = {"observer": "trial__session__observer", "correct_choice": "trial__correct_choice"}
MAY_BE_BLANK |= {name: name for name in ("choice", "flags", "input")}
BITS = {"correct": "correct", "passed_checks": "trial__session__passed_checks", "cross_origin_isolated": "cross_origin_isolated"}
PERSONAL_COLUMNS = {
    "external_participant_id": "submission__external_participant_id",
    "external_submission_id": "submission__external_id",
}
"""Only where personal ids are asked for: the recruiter's ids of the person and of their submission."""
ALIAS = "column_"
"""Begins the name of each column in the query, where fields have the names already."""
ORDER_OF_SESSIONS = ("created_at", "id")
# Sessions in that order, then their trials.
ORDER = ("trial__session__created_at", "trial__session_id", "trial__attempt", "trial__position", "trial_id")


def column_names(selection: Selection) -> tuple[str, ...]:
    """The columns, in order."""
    return (*RESPONSE_COLUMNS, *(PERSONAL_COLUMNS if selection.ids == "personal" else ()))


def sessions(study: Study, selection: Selection) -> QuerySet[Session]:
    """The sessions that rows may come from. What somebody answered who withdrew stays in the database."""
    return study.sessions.filter(selection.of_sessions).exclude(state=Session.State.WITHDRAWN)


def responses(study: Study, selection: Selection) -> Rows:
    """The rows of a study, ordered by session, attempt and position, as tuples in the order of the columns."""
    columns: dict[str, Any] = {
        "response_id": F("id"),
        "study": Value(study.name),
        "paper": Value(study.paper),
        "design_digest": Value(study.design_digest),
        "condition": F("trial__session__condition__name"),
        **{name: _bit(field) for name, field in BITS.items()},
        "relative_difference": Cast(KeyTextTransform("relative_difference", "trial__about"), FloatField()),
        **{name: KeyTextTransform(name, "trial__about", output_field=CharField()) for name in FROM_ABOUT},
        **{name: F(f"trial__session__{field}") for name, field in FROM_SESSION.items()},
        **{name: F(f"trial__{field}") for name, field in FROM_TRIAL.items()},
        # What is missing is NULL, whatever stands for it in the table.
        **{name: NullIf(F(field), Value("")) for name, field in (MAY_BE_BLANK | PERSONAL_COLUMNS).items()},
    }
    found = Response.objects.filter(selection.of_responses, trial__session__in=sessions(study, selection)).order_by(*ORDER)
    if selection.ids == "personal":
        path = "trial__session__participant__submissions"
        # A person may have come for other studies too.
        own = Q(**{f"{path}__recruitment": study.recruitment_id})
        found = found.annotate(submission=FilteredRelation(path, condition=own))
    aliases = {f"{ALIAS}{name}": columns.get(name, F(name)) for name in column_names(selection)}
    return found.annotate(**aliases).values_list(*aliases)


def _bit(field: str) -> Case:
    """1, 0 or nothing."""
    return Case(When(**{field: True}, then=1), When(**{field: False}, then=0), default=None, output_field=IntegerField())
