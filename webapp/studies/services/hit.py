"""The write that offers a study on Mechanical Turk: a HIT whose page is the study's frame."""

from django.urls import reverse

from experiments.contract.errors import InputError
from experiments.contract.fields import require
from webapp.participants.models import Recruitment
from webapp.participants.recruiters.base import NotDoneError, UnclearError
from webapp.participants.recruiters.mturk import MTurk
from webapp.studies.models import Study

MAX_HOURS = 365 * 24


def hit_create(study: Study, *, site: str, places: int, hours: int) -> str:
    """Offer a study to workers, once; the id of the HIT.

    Args:
        study: It recruits through Mechanical Turk, and has no HIT yet.
        site: Where this server is reached, `https://host`.
        places: How many workers may take part.
        hours: How long it is offered.

    Raises:
        InputError: The study does not recruit there, has a HIT, a number is out of range, or Mechanical Turk did not make it.
    """
    recruitment = study.recruitment
    if recruitment is None or recruitment.recruiter != Recruitment.Recruiter.MTURK:
        message = f"{study.name} does not recruit through Mechanical Turk"
        raise InputError(field="study", message=message, remedy="Give it such a recruitment first")
    taken = recruitment.external_study_id
    require(not taken, "study", f"{study.name} has the HIT {taken} already", "Offer more places on Mechanical Turk")
    require(site.startswith("https://"), "site", f"{site!r} is not reached over https", "Write --site https://host")
    require(places > 0, "places", f"{places} workers cannot take part", "Give at least one place")
    require(0 < hours <= MAX_HOURS, "hours", f"{hours} hours are out of range", f"Give 1 to {MAX_HOURS}")
    try:
        hit_id = MTurk(recruitment).hit_create(
            url=f"{site.rstrip('/')}{reverse('participant:frame', args=[study.id])}",
            title=study.title,
            reward=recruitment.reward,
            places=places,
            minutes=study.lease_minutes,
            hours=hours,
            # The same for each attempt: whatever the network does, one HIT is made.
            token=f"recruitment-{recruitment.pk}",
        )
    except (NotDoneError, UnclearError) as error:
        remedy = "If it says that the HIT exists, write its id into the recruitment; else try again"
        raise InputError(field="mturk", message=str(error), remedy=remedy) from error
    Recruitment.objects.filter(pk=recruitment.pk).update(external_study_id=hit_id)
    return hit_id
