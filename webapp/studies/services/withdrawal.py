"""Writes of a person's second thoughts: withdraw from a study, and the code that erases what was answered."""

import hashlib
import secrets

from django.db import transaction

from webapp.studies.completion import CODE_ALPHABET
from webapp.studies.models import Session, SessionEvent

CODE_GROUPS, GROUP_SIGNS = 4, 5
"""20 of 32 signs are 100 bits: nobody guesses one."""


@transaction.atomic
def session_withdraw(session: Session) -> str:
    """The person wants their answers not used; returns a fresh erasure code, which takes the place of an earlier one.

    Whoever asks again, say because the answer got lost, gets another code. The place in the study is free again. What the
    person has earned stays theirs.
    """
    session = Session.objects.select_for_update(of=("self",)).get(id=session.id)
    if session.state != Session.State.WITHDRAWN:
        SessionEvent.objects.create(session=session, kind=SessionEvent.Kind.WITHDRAWN, details={"from": session.state})
        session.state = Session.State.WITHDRAWN
    code = _new_code()
    session.erasure_code_sha256 = code_sha256(code)
    session.save(update_fields=["state", "erasure_code_sha256"])
    return code


def erasure_code_give(session: Session) -> str | None:
    """The code that erases the session, given once; None if it was given before, since only its sha256 is kept."""
    code = _new_code()
    given = Session.objects.filter(id=session.id, erasure_code_sha256="").update(erasure_code_sha256=code_sha256(code))
    return code if given else None


def code_sha256(code: str) -> str:
    """The sha256 of a code however it was typed: case, spaces and hyphens do not matter."""
    signs = "".join(sign for sign in code.upper() if sign in CODE_ALPHABET)
    return hashlib.sha256(signs.encode()).hexdigest()


def _new_code() -> str:
    return "-".join("".join(secrets.choice(CODE_ALPHABET) for _ in range(GROUP_SIGNS)) for _ in range(CODE_GROUPS))
