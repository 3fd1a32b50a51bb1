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
from webapp.studies.prepared import prepared_cursor
from webapp.studies.selectors import token_digest


def _in_order(model: type[Model], names: str) -> tuple[str, ...]:
    """The fields in the order in which the model takes their values."""
    return tuple(field.attname for field in model._meta.concrete_fields if field.attname in names.split())


OF_TRIAL = _in_order(Trial, "id kind attempt condition correct_choice")
OF_SESSION = _in_order(Session, "id state kind tab language attempt practice_passed instruction_time served_at")
OF_STUDY = _in_order(Study, "id paper settings")
ANY = uuid.UUID(int=0)
"""Stands where each request puts its own."""


def trial_by_token(study_id: uuid.UUID, token: str, trial_id: uuid.UUID) -> Trial | None:
    """The trial that a cookie's secret lets answer: one of the session that it opens, which comes with it. Examples are none."""
    sql, compiler, converters = _statement()
    ids = [pk if connection.features.has_native_uuid_field else pk.hex for pk in (trial_id, study_id)]
    with prepared_cursor() as cursor:
        cursor.execute(sql, [*ids, token_digest(token)])
        found = cursor.fetchall()
    for row in compiler.apply_converters(found, converters):
        values = iter(row)
        trial = Trial.from_db(DEFAULT_DB_ALIAS, OF_TRIAL, [*islice(values, len(OF_TRIAL))])
        trial.session = Session.from_db(DEFAULT_DB_ALIAS, OF_SESSION, [*islice(values, len(OF_SESSION))])
        trial.session.study = Study.from_db(DEFAULT_DB_ALIAS, OF_STUDY, [*values])
        return None if trial.kind == "example" else trial
    return None


@cache
def _statement() -> tuple[str, SQLCompiler, dict[int, Any]]:
    """The statement, for the ids of trial and study and the digest of a token, and what makes Python's values of its rows."""
    trials = Trial.objects.filter(id=ANY).filter(session__study_id=ANY).filter(session__token_sha256="")
    of_session, of_study = (f"session__{name}" for name in OF_SESSION), (f"session__study__{name}" for name in OF_STUDY)
    compiler = trials.values_list(*OF_TRIAL, *of_session, *of_study).query.get_compiler(DEFAULT_DB_ALIAS)
    sql, _ = compiler.as_sql()
    return sql, compiler, compiler.get_converters([column for column, *_ in compiler.select])
