"""Reads of studies and sessions: settings, stimuli, readiness, where a session stands."""

import hashlib
import json
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from functools import lru_cache
from typing import Any, cast

from django.db.models import Count, Q, QuerySet

from experiments import registry
from experiments.contract.artifacts import Manifest
from experiments.contract.designs import AnsweredTrial, Design, TrialKind
from experiments.contract.errors import InputError
from experiments.contract.fields import build, canonical_json
from experiments.contract.quality import QualityRule
from webapp.stimuli.models import Artifact, Job
from webapp.stimuli.selectors import Shown, job_shown
from webapp.studies.models import QualityRuleSet, Session, Study, Trial

SESSIONS = Session.objects.select_related("study", "condition")


def studies_run_here() -> QuerySet[Study]:
    """The studies that can be steered and judged; those that were run elsewhere are only read."""
    return Study.objects.exclude(state=Study.State.IMPORTED)


def study_design(study: Study) -> Design:
    """The design of the study's paper."""
    return registry.design(study.paper)


def study_settings(study: Study) -> Any:
    """The settings as the design's dataclass."""
    return _settings(study.paper, canonical_json(study.settings))


@lru_cache
def _settings(paper: str, settings: str) -> Any:
    """They are frozen, and every answer asks for them."""
    return build(registry.design(paper).Settings, json.loads(settings))


class StudyManifests(Mapping[str, Manifest]):
    """What was made for a study so far, by digest. Each is read when it is asked for: of thousands a session needs a few."""

    def __init__(self, study: Study) -> None:
        self._made = Artifact.objects.filter(digest__in=study.artifacts.values("digest"))
        self._read: dict[str, Manifest] = {}

    def __getitem__(self, digest: str) -> Manifest:
        if digest not in self._read:
            artifact = self._made.filter(digest=digest).first()
            if artifact is None:
                raise KeyError(digest)
            self._read[digest] = artifact.read_manifest()
        return self._read[digest]

    def __iter__(self) -> Iterator[str]:
        return iter(self._made.values_list("digest", flat=True))

    def __len__(self) -> int:
        return self._made.count()


MADE = Shown(state=Job.State.FINISHED, done=1, total=1, doing="")


def study_progress(study: Study) -> list[dict[str, Any]]:
    """One entry for each artifact that the study needs: what it is, its state, how far its job is."""
    needed = study.artifacts.values("digest")
    stored = set(Artifact.objects.filter(digest__in=needed).values_list("digest", flat=True))
    newest = {job.digest: job for job in Job.objects.filter(digest__in=needed).defer("recipe").order_by("created_at")}
    entries = []
    for digest in study.artifacts.order_by("id").values_list("digest", flat=True):
        job = newest.get(digest)
        shown = MADE if digest in stored else job_shown(job) if job else None
        if shown:
            entries.append({"digest": digest, "unit": job.unit if job else "", **asdict(shown)})
    return entries


def rules_by_condition(rule_set: QualityRuleSet) -> dict[str, list[QualityRule]]:
    """The rules of a version, by condition."""
    return {condition: [QualityRule(**rule) for rule in rules] for condition, rules in rule_set.rules.items()}


def quality_versions(study: Study) -> QuerySet[QualityRuleSet, Any]:
    """The versions of a study's rules, newest first, with how many sessions each has judged and how many of them failed."""
    sessions = "qualityverdict__session"
    failed = Q(qualityverdict__passed=False)
    counts = {"judged": Count(sessions, distinct=True), "failed": Count(sessions, filter=failed, distinct=True)}
    return study.quality_rule_sets.annotate(**counts).order_by("-version")


def session_by_token(study_id: Any, token: str) -> Session | None:
    """The session of a study that a cookie's secret opens."""
    # At most one; `first` would sort.
    return next(iter(SESSIONS.filter(study_id=study_id, token_sha256=token_digest(token))), None)


def token_digest(token: str) -> str:
    """What the database keeps of a cookie's secret."""
    return hashlib.sha256(token.encode()).hexdigest()


def session_phase(session: Session) -> str:
    """Where the participant goes on: instructions, practice, main; or the state in which the session ended."""
    if session.state not in Session.UNFINISHED:
        return session.state
    if session.instruction_time is None:
        return "instructions"
    return "main" if session.practice_passed else "practice"


def session_units(session: Session) -> list[str]:
    """The units that a session may ask about."""
    return model_units(session.study, model=session.model)


def model_units(study: Study, *, model: str) -> list[str]:
    """The units of a study that are a model's; all of them where sessions are about no single model."""
    return [unit for unit in study.unit_addresses if unit.startswith(f"{model}/") or not model]


def plan_trials(session: Session) -> QuerySet[Trial]:
    """The trials that a session must answer to be finished: all of its plan but the example and the attempts at practice."""
    return session.trials.filter(attempt=0).exclude(kind="example")


def answered_trials(session: Session) -> list[AnsweredTrial]:
    """The answered trials of the plan, in order."""
    answered = plan_trials(session).filter(response__isnull=False).select_related("response").order_by("position")
    return [
        AnsweredTrial(
            position=trial.position,
            kind=cast(TrialKind, trial.kind),
            condition=trial.condition,
            confidence=trial.response.confidence,
            correct=trial.response.correct,
        )
        for trial in answered
    ]


def study_by_name(name: str) -> Study:
    """The study with this name or id.

    Raises:
        InputError: There is none.
    """
    study = Study.objects.filter(name=name).first()
    if study is None and _is_uuid(name):
        study = Study.objects.filter(id=name).first()
    if study is None:
        known = ", ".join(Study.objects.values_list("name", flat=True)) or "none yet"
        raise InputError(field="study", message=f"{name!r} is unknown", remedy=f"Choose one of: {known}")
    return study


def _is_uuid(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True
