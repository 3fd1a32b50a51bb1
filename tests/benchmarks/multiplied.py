"""Multiplies an answered session inside the database, a million answers in a minute; called by `preparation`."""

from collections.abc import Mapping
from typing import Any

from django.db import connection, models

from webapp.participants.models import Participant
from webapp.studies.models import Response, Session, Trial

FUNCTIONS = {
    "postgresql": {
        "uuid": "gen_random_uuid()",
        "random": "random()",
        "number": "lpad(number::text, 64, '0')",
        "numbers": "generate_series(1, %s) AS numbers (number)",
    },
    "sqlite": {
        "uuid": "lower(hex(randomblob(16)))",
        "random": "(abs(random()) / 9223372036854775807.0)",
        "number": "printf('%%064d', number)",
        "numbers": (
            "(WITH RECURSIVE n (number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM n WHERE number < %s) SELECT number FROM n)"
        ),
    },
}


def session_multiply(template: Session, *, count: int) -> None:
    """Add `count` copies of a session, each of another person, with its main trials and their answers; times differ."""
    made = FUNCTIONS[connection.vendor]
    key = template.pk if connection.features.has_native_uuid_field else template.pk.hex
    person = template.participant_id if connection.features.has_native_uuid_field else template.participant_id.hex
    copied = {"id": made["uuid"]}
    _insert(
        Participant,
        {**copied, "external_id_hash": made["number"]},
        f"participants_participant AS old, {made['numbers']} WHERE old.id = %s",
        [count, person],
    )
    _insert(
        Session,
        {**copied, "participant_id": "person.id", "task_index": "0", "token_sha256": "person.external_id_hash"},
        "studies_session AS old, participants_participant AS person WHERE old.id = %s AND person.external_id_hash LIKE '00000%%'",
        [key],
    )
    _insert(
        Trial,
        {**copied, "session_id": "new.id"},
        "studies_trial AS old, studies_session AS new"
        " WHERE old.session_id = %s AND old.kind = 'main' AND new.id <> old.session_id AND new.token_sha256 LIKE '00000%%'",
        [key],
    )
    _insert(
        Response,
        {**copied, "trial_id": "new.id", "key": made["uuid"], "rt": f"500 + 8500 * {made['random']}"},
        "studies_response AS old JOIN studies_trial AS answered ON answered.id = old.trial_id JOIN studies_trial AS new"
        " ON new.position = answered.position AND new.kind = answered.kind"
        " WHERE answered.session_id = %s AND new.session_id <> %s",
        [key, key],
    )


def _insert(model: type[models.Model], changes: Mapping[str, str], source: str, params: list[Any]) -> None:
    """Add the rows of `source`, where `old` is the table itself, with some columns changed."""
    columns = [field.column for field in model._meta.concrete_fields]
    values = ", ".join(changes.get(column, f"old.{column}") for column in columns)
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {model._meta.db_table} ({', '.join(columns)}) SELECT {values} FROM {source}", params)
