"""What a running study costs, and what the GPU workers are at. Reads only; shown on the operations page."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import AnonymousUser, User
from django.db.models import Sum

from webapp.participants.ledger import BASE
from webapp.participants.models import Participant, Payment
from webapp.participants.money import money
from webapp.participants.recruiters import recruiter_of
from webapp.participants.recruiters.base import NotDoneError
from webapp.participants.submissions import submissions_of_strangers
from webapp.stimuli.models import Job
from webapp.stimuli.selectors import Shown, job_shown
from webapp.studies.models import Study

JOBS_SHOWN = 10
SEE_IDS = "participants.see_external_ids"


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What the people of a study are owed, and what the ledger says; amounts as people read them."""

    reward: str
    people: int
    """Who finished, whether or not their sessions passed the checks or were withdrawn since."""
    owed: str
    ledger: Sequence[tuple[str, str]]
    """State of the lines and their sum."""


def study_cost(study: Study) -> Cost | None:
    """The cost so far; None where people come by a link and are paid by nobody."""
    recruitment = study.recruitment
    if recruitment is None:
        return None
    finished = study.sessions.filter(kind=Participant.Kind.LIVE, finished_at__isnull=False)
    planned = recruitment.payments.filter(reason=BASE)
    # What somebody was promised when they finished stands in the ledger, whatever the reward is now.
    owed = planned.aggregate(sum=Sum("amount"))["sum"] or 0
    owed += recruitment.reward * finished.exclude(participant__in=planned.values("participant")).count()
    sums = dict(recruitment.payments.values_list("state").annotate(Sum("amount")).order_by())
    return Cost(
        reward=money(recruitment.reward, recruitment.currency),
        people=finished.count(),
        owed=money(owed, recruitment.currency),
        ledger=[(state.label.lower(), money(sums[state], recruitment.currency)) for state in Payment.State if state in sums],
    )


def strangers_shown(study: Study, *, user: User | AnonymousUser, asks: bool) -> dict[str, Any] | None:
    """People who handed in at the recruiter without a session here; which submissions, asked for now, to who may see ids.

    None where nobody recruits.
    """
    if study.recruitment is None:
        return None
    may_ask = user.has_perm(SEE_IDS)
    shown: dict[str, Any] = {"count": study.recruitment.strangers, "may_ask": may_ask}
    if asks and may_ask:
        try:
            shown["ids"] = [remote.external_id for remote in submissions_of_strangers(study.recruitment)]
        except NotDoneError as error:
            shown["error"] = str(error)
    return {**shown, "recruiter": recruiter_of(study.recruitment).name}


def queue_shown() -> dict[str, Any]:
    """The jobs that wait or run, oldest first, the first of them with their progress."""
    jobs = Job.objects.filter(state__in=Job.OPEN).order_by("created_at")
    shown: list[tuple[Job, Shown]] = [(job, job_shown(job)) for job in jobs[:JOBS_SHOWN]]
    running = sum(of_job.state == Job.State.STARTED for _, of_job in shown)
    return {"jobs": shown, "jobs_open": jobs.count(), "jobs_running": running}
