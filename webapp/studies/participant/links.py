"""The links by which a study is entered: what is added for previews, pilots, experts, bots and recruiters.

Experts, pilots and bots need a link that staff made: what it says is signed, so that nobody can call themselves so.
"""

from urllib.parse import urlencode

from django.core import signing
from django.urls import reverse

from experiments.contract.fields import require
from webapp.participants.models import Recruitment
from webapp.participants.services import external_id_check
from webapp.studies.models import Study

PILOT = "pilot"
COHORT = "cohort"
BOT = "bot"
PERSON = "person"
FORGED = "the link is forged, or another study's"
REMEDY = "Open the study through the link that you were given"
PROLIFIC_QUERY = "PROLIFIC_PID={{%PROLIFIC_PID%}}&STUDY_ID={{%STUDY_ID%}}&SESSION_ID={{%SESSION_ID%}}"
"""As Prolific wants it typed; it fills in the ids."""


def cohort_link(study: Study) -> str:
    """The path by which experts enter: they do the same trials and have rows of their own in every table."""
    return _signed_link(study, COHORT)


def pilot_link(study: Study) -> str:
    """The path by which pilots enter: like people, and never counted as such."""
    return _signed_link(study, PILOT)


def bot_link(study: Study) -> str:
    """The path by which simulated participants enter from other machines; their answers stand in results beside people's."""
    return _signed_link(study, BOT)


def person_link(study: Study, external_id: str) -> str:
    """The path of one person whom no recruiter sends: it shows that the id, which anybody could type, is theirs."""
    external_id_check(external_id)
    query = {"participant": external_id, PERSON: signing.dumps(_signed(study, external_id), salt=PERSON)}
    return f"{reverse('participant:entry', args=[study.id])}?{urlencode(query)}"


def study_links(study: Study) -> dict[str, str]:
    """All paths into a study, by what they are for."""
    path = reverse("participant:entry", args=[study.id])
    links = {
        "preview": f"{path}?kind=preview",
        "pilot": pilot_link(study),
        "experts": cohort_link(study),
        "bots": bot_link(study),
    }
    recruiter = study.recruitment.recruiter if study.recruitment else Recruitment.Recruiter.DIRECT
    if recruiter == Recruitment.Recruiter.PROLIFIC:
        return {"for Prolific": f"{path}?{PROLIFIC_QUERY}", **links}
    if recruiter == Recruitment.Recruiter.MTURK:
        return {"for Mechanical Turk": reverse("participant:frame", args=[study.id]), **links}
    return {"participant link": path, **links}


def check_signed(study: Study, purpose: str, token: str, *, external_id: str = "") -> None:
    """Refuse a word of a link that was not signed for this purpose and study, nor for this person if it is one's.

    Raises:
        InputError: It was not.
    """
    try:
        is_ours = signing.loads(token, salt=purpose) == _signed(study, external_id)
    except signing.BadSignature:
        is_ours = False
    require(is_ours, "link", FORGED, REMEDY)


def _signed_link(study: Study, purpose: str) -> str:
    query = urlencode({purpose: signing.dumps(_signed(study), salt=purpose)})
    return f"{reverse('participant:entry', args=[study.id])}?{query}"


def _signed(study: Study, external_id: str = "") -> str:
    return f"{study.id}/{external_id}" if external_id else str(study.id)
