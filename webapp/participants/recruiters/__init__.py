"""Recruiters behind one interface: Prolific, Amazon Mechanical Turk, or a link that somebody passes on."""

from webapp.participants.models import Recruitment
from webapp.participants.recruiters import mturk, prolific
from webapp.participants.recruiters.base import Recruiter, Standing
from webapp.participants.recruiters.direct import DirectLink
from webapp.participants.recruiters.mturk import MTurk
from webapp.participants.recruiters.prolific import Prolific

FINAL_STATES = [
    state
    for standings in (prolific.STANDINGS, mturk.STANDINGS)
    for state, standing in standings.items()
    if standing in (Standing.PAID, Standing.RETURNED, Standing.CLOSED)
]
"""Of submissions that nothing more is to be heard of."""


def recruiter_of(recruitment: Recruitment | None) -> Recruiter:
    """The recruiter behind a recruitment; a study without one is found through a link."""
    if recruitment is None or recruitment.recruiter == Recruitment.Recruiter.DIRECT:
        return DirectLink()
    if recruitment.recruiter == Recruitment.Recruiter.PROLIFIC:
        return Prolific(recruitment)
    return MTurk(recruitment)
