"""Results of a study: an analysis job over the table of its responses, and the newest one that is ready."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.dispatch import receiver
from django.utils import timezone

from experiments.contract.recipes import Analysis
from webapp.participants.models import Participant
from webapp.stimuli.models import Artifact, Job
from webapp.stimuli.selectors import store
from webapp.stimuli.services import artifact_request, artifact_store, artifacts_remove, job_cancel
from webapp.stimuli.signals import artifact_stored
from webapp.studies.exports import export
from webapp.studies.models import QualityVerdict, Session, Study, StudyResult
from webapp.studies.results.shown import shown_analysis
from webapp.studies.services.rules_lock import rules_take

ANALYZED_KINDS = (Participant.Kind.LIVE, Participant.Kind.BOT)
UNNAMED = timedelta(minutes=10)
"""A table that is about to be named by a row is younger."""
CANCELLED = {
    "field": "analysis",
    "message": "It was cancelled",
    "remedy": "It is asked for again when the next session ends",
}
RESTS = 10
"""Between two analyses lies so many times what the last took."""
CANCELLED_SINCE = timedelta(days=1)
"""An analysis ends so soon after it was cancelled, whatever became of its worker."""


def finished_sessions(study: Study) -> dict[str, int]:
    """How many people and how many simulated participants have finished."""
    finished = study.sessions.filter(state=Session.State.FINISHED)
    return {kind.value: finished.filter(kind=kind).count() for kind in ANALYZED_KINDS}


def results_request(study: Study) -> StudyResult | None:
    """Have the study analyzed as it stands, if there is news, no analysis is under way and none has just been made."""
    counts = finished_sessions(study)
    if not has_news(study) or _is_busy(study):
        return None
    if not any(counts.values()):
        results_drop(study)
        return None
    erased, judged = _erased(study), _judged(study)
    table = store().write_table(export(study, form="csv"))
    with transaction.atomic():
        rules_take(study)
        if _erased(study) != erased:
            # Somebody's answers were erased while they were being written into this table.
            store().remove_blob(table)
            return None
        recipe = Analysis(paper=study.paper, table=table)
        about = {"live_sessions": counts["live"], "bot_sessions": counts["bot"]}
        defaults = {**about, "outdated": _judged(study) != judged, "requested_at": timezone.now()}
        result, _ = StudyResult.objects.update_or_create(study=study, digest=recipe.digest, defaults=defaults)
        artifact_request(recipe)
    return result


def _is_busy(study: Study) -> bool:
    """Whether an analysis is under way, or rests: tables of a large study take minutes, and sessions end all the time.

    What was judged anew or withdrawn does not wait.
    """
    newest = study.results.order_by("-requested_at").first()
    job = Job.objects.filter(digest=newest.digest).order_by("-created_at").first() if newest else None
    if newest is None or job is None or job.state in Job.OPEN:
        return job is not None
    worked = (job.ended_at - job.started_at) if job.ended_at and job.started_at else timedelta(0)
    return not newest.outdated and timezone.now() < newest.requested_at + RESTS * worked


def _erased(study: Study) -> int:
    return Study.objects.values_list("erased_sessions", flat=True).get(id=study.id)


def _judged(study: Study) -> tuple[int, datetime | None]:
    """What changes whenever a session is judged or withdrawn."""
    withdrawn = study.sessions.filter(state=Session.State.WITHDRAWN).count()
    return withdrawn, QualityVerdict.objects.filter(session__study=study).aggregate(newest=Max("checked_at"))["newest"]


@transaction.atomic
def results_drop(study: Study) -> None:
    """Forget the study's analyses and the tables that they were made from; a new one is asked for within a minute."""
    # Locked, so that one that comes home now is seen below, and one that comes later is not wanted any more.
    digests = list(study.results.select_for_update().values_list("digest", flat=True))
    for job in Job.objects.filter(digest__in=digests, state__in=Job.OPEN):
        job_cancel(job)
    _analyses_remove(digests)
    study.results.all().delete()


@receiver(artifact_stored)
def drop_what_nobody_needs(digest: str, **_: Any) -> None:
    """An analysis came home: the older ones of its study go, and so does it if answers in it were erased meanwhile."""
    if not Artifact.objects.filter(digest=digest, kind=Analysis.kind).exists():
        return
    wanted = list(StudyResult.objects.select_for_update().filter(digest=digest))
    for result in wanted:
        older = result.study.results.filter(requested_at__lt=result.requested_at)
        digests = list(older.values_list("digest", flat=True))
        older.delete()
        _analyses_remove(digests)
    if not wanted:
        _analyses_remove([digest])


def analyses_sweep() -> None:
    """Remove what cancelled analyses left in the store: their workers ended, and nobody heard of it."""
    since = timezone.now() - CANCELLED_SINCE
    cancelled = Job.objects.filter(kind=Analysis.kind, state=Job.State.CANCELLED, ended_at__gt=since)
    wanted = StudyResult.objects.values("digest")
    for digest in set(cancelled.exclude(digest__in=wanted).values_list("digest", flat=True)):
        if manifest := store().manifest(digest):
            # As if it came home now, which `drop_what_nobody_needs` hears of.
            artifact_store(manifest.as_json())


def tables_sweep() -> None:
    """Remove the tables that no analysis needs: whoever wrote them died before a row named them."""
    left = store().tables(older_than=UNNAMED)
    if left:
        for table in left - _tables(StudyResult.objects.values_list("digest", flat=True)):
            store().remove_blob(table)


def _analyses_remove(digests: Sequence[str]) -> None:
    needed = _tables(StudyResult.objects.exclude(digest__in=digests).values_list("digest", flat=True))
    for table in _tables(digests) - needed:
        store().remove_blob(table)
    artifacts_remove(digests)


def _tables(digests: Iterable[str]) -> set[str]:
    """The tables that analyses are or will be made from."""
    recipes = [*Job.objects.filter(digest__in=digests).values_list("recipe", flat=True)]
    recipes += [manifest["recipe"] for manifest in Artifact.objects.filter(digest__in=digests).values_list("manifest", flat=True)]
    return {recipe["table"] for recipe in recipes}


def has_news(study: Study) -> bool:
    """Whether sessions finished, ended otherwise or were judged anew since the newest result was asked for."""
    newest = study.results.order_by("-requested_at").first()
    analyzed = {"live": newest.live_sessions, "bot": newest.bot_sessions} if newest else {"live": 0, "bot": 0}
    return finished_sessions(study) != analyzed or (newest is not None and newest.outdated)


def study_result(study: Study) -> dict[str, Any]:
    """The newest result that is ready, the state of a newer one in the making, and how many sessions came since."""
    requested = list(study.results.order_by("-requested_at")[:20])
    ready = {artifact.digest: artifact for artifact in Artifact.objects.filter(digest__in=[r.digest for r in requested])}
    newest = next((result for result in requested if result.digest in ready), None)
    pending = requested[0] if requested and requested[0] is not newest else None
    job = Job.objects.filter(digest=pending.digest).order_by("-created_at").first() if pending else None
    error = CANCELLED if job and job.state == Job.State.CANCELLED else job.error if job else None
    finished = finished_sessions(study)
    return {
        "result": newest,
        **(shown_analysis(ready[newest.digest]) if newest else {}),
        "news": has_news(study) or (pending is not None and not error),
        "job_error": error,
        "live_sessions": finished["live"],
        "bot_sessions": finished["bot"],
    }
