"""Writes of runs: start, go on, cancel; and what is written down when one is made. Called by REST, admin, pages, command."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.dispatch import receiver

from experiments import registry
from experiments.contract.errors import InputError
from experiments.contract.fields import Json, canonical_json, require
from experiments.contract.local_models import CARD, is_model
from experiments.contract.recipes import Run, recipe_from_json
from model_zoo.catalogue import ModelCard
from webapp.runs.models import RegisteredModel, RunClaim, TrainingRun
from webapp.stimuli.models import Artifact, Job
from webapp.stimuli.selectors import artifact_lineage, store
from webapp.stimuli.services import artifact_request, artifact_store
from webapp.stimuli.signals import artifact_stored, job_failed

LONGEST_SETTINGS = 20_000
"""Characters of JSON."""


def run_recipe(paper: Json, *, preset: Json = "smoke", seed: Json = 0, settings: Json = None) -> Run:
    """The recipe of a run. Which settings its paper knows only a worker can say: a bad one comes back as a failed job.

    Raises:
        InputError: There is no such paper or preset, the paper has no run, the seed is none, or the settings are no JSON object.
    """
    body = {"paper": paper, "preset": preset, "seed": seed, "settings": {} if settings is None else settings}
    recipe = recipe_from_json({"kind": Run.kind, **body})
    assert isinstance(recipe, Run)  # noqa: S101 -- said by its kind
    registry.runnable(recipe.paper)
    _check_settings(recipe.settings)
    return recipe


def _check_settings(settings: Mapping[str, Json]) -> None:
    try:
        text = canonical_json(settings)
    except ValueError as error:
        raise InputError(field="settings", message="a number is not finite", remedy="Give finite numbers") from error
    require(r"\u0000" not in text, "settings", "a text has the character NUL", "Leave it out")
    require(len(text) <= LONGEST_SETTINGS, "settings", f"{len(text)} characters are too many", f"Give at most {LONGEST_SETTINGS}")


@transaction.atomic
def run_start(recipe: Run, *, by: User | None) -> TrainingRun:
    """Write down who asked for a run, and request it; asked for twice it is made once. One that has failed is tried again.

    Raises:
        InputError: As for `run_recipe`.
    """
    asked = {"paper": recipe.paper, "preset": recipe.preset, "seed": recipe.seed, "settings": dict(recipe.settings)}
    run, _ = TrainingRun.objects.get_or_create(digest=recipe.digest, defaults={**asked, "started_by": by})
    found = artifact_request(recipe)
    if isinstance(found, Artifact):
        run_finish(run, found)
    return run


def run_continue(run: TrainingRun) -> None:
    """Request a run anew that failed or was cancelled: what was made stays, and a training goes on from its checkpoint.

    Raises:
        InputError: Its paper is there no more.
    """
    run_start(run_recipe(run.paper, preset=run.preset, seed=run.seed, settings=run.settings), by=run.started_by)


@receiver(artifact_stored)
def finish_started_runs(digest: str, **_: Any) -> None:
    """An artifact came home: perhaps it is a run that somebody started here."""
    run = TrainingRun.objects.filter(digest=digest).first()
    if run:
        run_finish(run, Artifact.objects.get(digest=digest))


@receiver(job_failed)
def note_stages(job: Job, stages: Sequence[str], **_: Any) -> None:
    """A run failed or was cancelled: its curves until then can still be looked at."""
    TrainingRun.objects.filter(digest=job.digest).update(stages=stages)


@transaction.atomic
def run_finish(run: TrainingRun, artifact: Artifact) -> None:
    """Write down the claims of a run that is made, and the networks that it trained; a second time changes nothing."""
    for position, claim in enumerate(artifact.manifest["values"]["claims"]):
        told = {name: claim[name] for name in ("statement", "reported", "source", "holds")}
        told |= {"position": position, "value": claim["value"] or ""}
        RunClaim.objects.get_or_create(run=run, name=claim["id"], defaults=told)
    for made in artifact_lineage(artifact.digest):
        if is_model(made.manifest["files"]):
            # Until now only the store knew of it.
            artifact_store(made.manifest)
            found = _card(made)
            about = {"title": found.title[:200], "takes_images": found.takes == "images"}
            RegisteredModel.objects.get_or_create(run=run, model=found.id, defaults=about)


def _card(made: Artifact) -> ModelCard:
    """The card of a network as the store has it: it comes into the zoo folder of this machine later."""
    return ModelCard.from_json(json.loads(store().read_blob(made.read_manifest().file(CARD).sha256)))
