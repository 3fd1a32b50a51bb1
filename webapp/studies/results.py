"""Results of a study: an analysis job over the table of its responses, and the newest one that is ready."""

from typing import Any

from experiments.contract.recipes import Analysis
from webapp.participants.models import Participant
from webapp.stimuli.models import Artifact, Job
from webapp.stimuli.selectors import store
from webapp.stimuli.services import artifact_request
from webapp.studies.exports import export
from webapp.studies.models import Session, Study, StudyResult
from webapp.studies.shown_analysis import shown_analysis

ANALYZED_KINDS = (Participant.Kind.LIVE, Participant.Kind.BOT)


def finished_sessions(study: Study) -> dict[str, int]:
    """How many people and how many simulated participants have finished."""
    finished = study.sessions.filter(state=Session.State.FINISHED)
    return {kind.value: finished.filter(kind=kind).count() for kind in ANALYZED_KINDS}


def results_request(study: Study) -> StudyResult | None:
    """Have the study analyzed as it stands, if there is news and no analysis is under way."""
    counts = finished_sessions(study)
    digests = study.results.values_list("digest", flat=True)
    if not has_news(study) or Job.objects.filter(digest__in=digests, state__in=Job.OPEN).exists():
        return None
    table = store().write_blob(b"".join(export(study, form="csv")))
    recipe = Analysis(paper=study.paper, table=table)
    result, _ = StudyResult.objects.update_or_create(
        study=study, digest=recipe.digest, defaults={"live_sessions": counts["live"], "bot_sessions": counts["bot"]}
    )
    artifact_request(recipe)
    return result


def has_news(study: Study) -> bool:
    """Whether sessions finished since the newest result was asked for."""
    newest = study.results.order_by("-requested_at").first()
    analyzed = {"live": newest.live_sessions, "bot": newest.bot_sessions} if newest else {"live": 0, "bot": 0}
    return finished_sessions(study) != analyzed


def study_result(study: Study) -> dict[str, Any]:
    """The newest result that is ready, the state of a newer one in the making, and how many sessions came since."""
    requested = list(study.results.order_by("-requested_at")[:20])
    ready = {artifact.digest: artifact for artifact in Artifact.objects.filter(digest__in=[r.digest for r in requested])}
    newest = next((result for result in requested if result.digest in ready), None)
    pending = requested[0] if requested and requested[0] is not newest else None
    job = Job.objects.filter(digest=pending.digest).order_by("-created_at").first() if pending else None
    error = job.error if job else None
    finished = finished_sessions(study)
    return {
        "result": newest,
        **(shown_analysis(ready[newest.digest]) if newest else {}),
        "news": has_news(study) or (pending is not None and not error),
        "job_error": error,
        "live_sessions": finished["live"],
        "bot_sessions": finished["bot"],
    }
