"""How a participation ends at its recruiter: the code that is released, where it is handed in, the reward that is planned.

Everybody who finishes is paid. Who failed the checks gets a code of their own only where the recruiter has one for that.
"""

import secrets

from webapp.participants.ledger import reward_plan
from webapp.participants.models import Participant, Recruitment, Submission
from webapp.participants.recruiters import recruiter_of
from webapp.participants.recruiters.base import Outcome
from webapp.studies.models import Session

CODE_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # without the signs that people confuse
CODE_LENGTH = 8


def session_recruitment(session: Session) -> Recruitment | None:
    """The recruitment that a session counts and is paid for; None for previews, pilots, bots, experts, and strangers."""
    recruitment = session.study.recruitment
    if recruitment is None or session.kind != Participant.Kind.LIVE or session.cohort != Session.Cohort.CROWD:
        return None
    if recruitment.recruiter == Recruitment.Recruiter.DIRECT:
        return recruitment
    was_sent = Submission.objects.filter(recruitment=recruitment, participant_id=session.participant_id).exists()
    return recruitment if was_sent else None


def completion_code(session: Session) -> str:
    """The recruiter's code for how the session ended, else one of its own."""
    recruitment = session_recruitment(session)
    codes = recruitment.completion_codes if recruitment else {}
    failed = session.passed_checks is False and Outcome.FAILED_CHECKS in codes
    code = codes.get(Outcome.FAILED_CHECKS if failed else Outcome.COMPLETED)
    return code or "".join(secrets.choice(CODE_ALPHABET) for _ in range(CODE_LENGTH))


def completion_url(session: Session) -> str | None:
    """Where a finished session is handed in, if its recruiter has such a page and knows the code."""
    recruitment = session_recruitment(session) if session.completion_code else None
    if recruitment is None or session.completion_code not in recruitment.completion_codes.values():
        return None
    return recruiter_of(recruitment).completion_url(session.completion_code)


def session_reward(session: Session) -> None:
    """Plan the reward of a session that has just finished, whatever its checks say."""
    recruitment = session_recruitment(session)
    if recruitment:
        reward_plan(recruitment, session.participant)
