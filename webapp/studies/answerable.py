"""The trial that an answer is for, with its session and its study, in one read. The participant's interface asks here.

Everybody sends answers all the time, and Django takes longer to write this statement than the database to answer it: it is
written once, and of each table only what an answer asks for is read.
"""

import uuid
from functools import cache
from itertools import islice
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import Model
from django.db.models.sql.compiler import SQLCompiler

from webapp.studies.models import Session, Study, Trial
from webapp.studies.selectors import token_digest

WANTED: dict[str, tuple[type[Model], str]] = {
    "": (Trial, "id kind attempt condition correct_choice"),
    "session__": (Session, "id state kind tab language attempt practice_passed instruction_time served_at"),
    "session__study__": (Study, "id paper settings"),
}
"""What an answer asks for of each model, by the path from the trial."""
FIELDS = {
    path: (model, tuple(field.attname for field in model._meta.concrete_fields if field.attname in wanted.split()))
    for path, (model, wanted) in WANTED.items()
}
"""The same in the order in which a model takes its values."""
SOME = uuid.UUID(int=0)
"""Stands where each request puts its own."""


def trial_by_token(study_id: uuid.UUID, token: str, trial_id: uuid.UUID) -> Trial | None:
    """The trial that a cookie's secret lets answer: one of the session that it opens, which comes with it. Examples are none."""
    sql, compiler = _statement()
    ids = [pk if connection.features.has_native_uuid_field else pk.hex for pk in (trial_id, study_id)]
    with connection.cursor() as cursor:
        cursor.execute(sql, [*ids, token_digest(token)])
        rows = cursor.fetchall()
    row = next(compiler.results_iter([rows]), None)
    if row is None:
        return None
    values = iter(row)
    trial, session, study = (
        model.from_db(DEFAULT_DB_ALIAS, fields, list(islice(values, len(fields)))) for model, fields in FIELDS.values()
    )
    trial.session, session.study = session, study
    return None if trial.kind == "example" else trial


@cache
def _statement() -> tuple[str, SQLCompiler]:
    """The statement, for the ids of trial and study and the digest of a token, and what makes Python's values of its rows."""
    trials = Trial.objects.filter(id=SOME).filter(session__study_id=SOME).filter(session__token_sha256="")
    names = [path + field for path, (_, fields) in FIELDS.items() for field in fields]
    compiler = trials.values_list(*names).query.get_compiler(DEFAULT_DB_ALIAS)
    sql, _ = compiler.as_sql()
    return sql, compiler
