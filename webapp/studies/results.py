"""Results of a study: an analysis job over the table of its responses, and the newest one that is ready."""

import json
from functools import partial
from typing import Any

from django.db import transaction
from django.dispatch import receiver
from django.urls import reverse

from experiments.contract.recipes import Analysis
from webapp import compute
from webapp.participants.models import Participant
from webapp.stimuli.models import Artifact, Job
from webapp.stimuli.selectors import job_shown, store
from webapp.stimuli.services import artifact_request
from webapp.stimuli.signals import artifact_stored
from webapp.studies.exports import export
from webapp.studies.models import Session, Study, StudyResult

ANALYZED_KINDS = (Participant.Kind.LIVE, Participant.Kind.BOT)


def finished_sessions(study: Study) -> dict[str, int]:
    """How many people and how many simulated participants have finished."""
    finished = study.sessions.filter(state=Session.State.FINISHED)
    return {kind.value: finished.filter(kind=kind).count() for kind in ANALYZED_KINDS}


def results_request(study: Study) -> StudyResult | None:
    """Have the study analyzed as it stands: people apart from simulated participants.

    None while nobody has finished, or while an analysis is under way: the next one starts when it comes home.
    """
    counts = finished_sessions(study)
    digests = study.results.values_list("digest", flat=True)
    if not any(counts.values()) or Job.objects.filter(digest__in=digests, state__in=Job.OPEN).exists():
        return None
    table = store().write_blob(b"".join(export(study, form="csv", kinds=ANALYZED_KINDS)))
    recipe = Analysis(paper=study.paper, table=table)
    result, _ = StudyResult.objects.get_or_create(
        study=study, digest=recipe.digest, defaults={"live_sessions": counts["live"], "bot_sessions": counts["bot"]}
    )
    artifact_request(recipe)
    return result


@receiver(artifact_stored)
def results_go_on(digest: str, **_: Any) -> None:
    """An analysis came home; sessions that finished meanwhile get the next."""
    for result in StudyResult.objects.filter(digest=digest).select_related("study"):
        if finished_sessions(result.study) != {"live": result.live_sessions, "bot": result.bot_sessions}:
            transaction.on_commit(partial(compute.analyze, str(result.study_id)))


def study_result(study: Study) -> dict[str, Any]:
    """The newest result that is ready, the state of a newer one in the making, and how many sessions came since."""
    requested = list(study.results.order_by("-requested_at")[:20])
    ready = {artifact.digest: artifact for artifact in Artifact.objects.filter(digest__in=[r.digest for r in requested])}
    newest = next((result for result in requested if result.digest in ready), None)
    pending = requested[0] if requested and requested[0] is not newest else None
    job = Job.objects.filter(digest=pending.digest).order_by("-created_at").first() if pending else None
    finished = finished_sessions(study)
    return {
        "result": newest,
        "tables": _tables(ready[newest.digest]) if newest else {},
        "figures": _figures(ready[newest.digest]) if newest else [],
        "job": job_shown(job) if job else None,
        "job_error": job.error if job else None,
        "live_sessions": finished["live"],
        "bot_sessions": finished["bot"],
    }


def _tables(artifact: Artifact) -> dict[str, Any]:
    stored = artifact.read_manifest().file("result.json")
    result: dict[str, Any] = json.loads(store().read_blob(stored.sha256))
    return result


def _figures(artifact: Artifact) -> list[dict[str, str]]:
    return [
        {"url": reverse("api:artifact-file", args=[artifact.digest, stored.name]), "caption": stored.about.get("caption", "")}
        for stored in artifact.read_manifest().files
        if stored.media_type == "image/svg+xml"
    ]
