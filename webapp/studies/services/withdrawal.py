"""Writes of a person's second thoughts: withdraw from a study, and the code that erases what was answered.

The code follows from the secret of the browser's cookie, of which the database has only the sha256: whoever asks again, say
because the answer got lost, gets the same one, what they have written down stays valid, and nobody else can work it out.
"""

import hashlib

from django.db import transaction

from webapp.studies.completion import CODE_ALPHABET
from webapp.studies.models import Session, SessionEvent
from webapp.studies.services.rules_lock import rules_keep

CODE_GROUPS, GROUP_SIGNS = 4, 5
"""20 of 32 signs are 100 bits: nobody guesses one."""


@transaction.atomic
def session_withdraw(session: Session, *, token: str) -> str | None:
    """The person wants their answers not used; returns the erasure code as `erasure_code_give` does.

    The place in the study is free again. What the person has earned stays theirs.
    """
    rules_keep(session)
    locked = Session.objects.select_for_update(of=("self",)).get(id=session.id)
    if locked.state != Session.State.WITHDRAWN:
        SessionEvent.objects.create(session=locked, kind=SessionEvent.Kind.WITHDRAWN, details={"from": locked.state})
        locked.state = Session.State.WITHDRAWN
        locked.save(update_fields=["state"])
        # Also one that had finished: counts alone would not tell, when somebody else finishes in the same minute.
        locked.study.results.update(outdated=True)
    return erasure_code_give(session, token=token)


def erasure_code_give(session: Session, *, token: str) -> str | None:
    """The code that erases the session, valid from now on; `token` is the secret of the cookie.

    None if another browser has gone on with the session meanwhile: that one is given the code.
    """
    code = _code_of(token)
    in_hand = Session.objects.filter(id=session.id, token_sha256=session.token_sha256)
    return code if in_hand.update(erasure_code_sha256=code_sha256(code)) else None


def code_sha256(code: str) -> str:
    """The sha256 of a code however it was typed: case, spaces and hyphens do not matter."""
    signs = "".join(sign for sign in code.upper() if sign in CODE_ALPHABET)
    return hashlib.sha256(signs.encode()).hexdigest()


def _code_of(token: str) -> str:
    """Of a secret of 256 random bits; the code does not tell the secret."""
    digits = hashlib.sha256(f"erasure code of {token}".encode()).digest()
    signs = "".join(CODE_ALPHABET[digit % len(CODE_ALPHABET)] for digit in digits[: CODE_GROUPS * GROUP_SIGNS])
    return "-".join(signs[first : first + GROUP_SIGNS] for first in range(0, len(signs), GROUP_SIGNS))
