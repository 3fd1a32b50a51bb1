"""The lineage page: from a picture to its unit, the index, the weights and the run that trained them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from model_zoo.address import UnitAddress
from model_zoo.catalogue import ModelCard, card, model_ids
from webapp.stimuli.api import artifact_or_404
from webapp.stimuli.explorer.pictures import Picture, pictures_of
from webapp.stimuli.explorer.units import unit_url
from webapp.stimuli.models import Artifact
from webapp.stimuli.pages import for_researchers, page
from webapp.stimuli.selectors import artifact_lineage

PICTURES_SHOWN = 9
STAGES_SHOWN = 5
"""Of one kind about one unit: a large pool is read in hundreds of shards."""


@dataclass(frozen=True, kw_only=True)
class Stage:
    """An artifact on the walk, as the page shows it."""

    artifact: Artifact
    recipe: Mapping[str, Any]
    pictures: Sequence[Picture]
    parents: Sequence[Artifact]
    more_parents: int
    unit_url: str


@require_safe
@for_researchers("view")
def lineage(request: HttpRequest, digest: str) -> HttpResponse:
    """All that an artifact was made from, the artifact itself first, the weights of the networks last."""
    artifact_or_404(request.user, digest)
    artifacts = artifact_lineage(digest)
    by_digest = {artifact.digest: artifact for artifact in artifacts}
    shown = _first_of_each(artifacts)
    context: dict[str, Any] = {
        "stages": [_stage(artifact, by_digest) for artifact in shown],
        "left_out": len(artifacts) - len(shown),
        "first": artifacts[0],
        "models": _models(artifacts),
    }
    return page(request, "stimuli/lineage.html", f"Where {artifacts[0].words} {digest[:12]} comes from", **context)


def _first_of_each(artifacts: Sequence[Artifact]) -> list[Artifact]:
    """The first few of each kind about each unit."""
    seen: Counter[tuple[str, str]] = Counter()
    shown = []
    for artifact in artifacts:
        seen[artifact.kind, artifact.unit] += 1
        if seen[artifact.kind, artifact.unit] <= STAGES_SHOWN:
            shown.append(artifact)
    return shown


def _stage(artifact: Artifact, by_digest: Mapping[str, Artifact]) -> Stage:
    recipe = {name: value for name, value in artifact.manifest["recipe"].items() if name not in ("kind", "unit")}
    pictures = [picture for group in pictures_of(artifact) for picture in group.pictures]
    known = [by_digest[parent] for parent in artifact.manifest["parents"] if parent in by_digest]
    parents = _first_of_each(known)
    return Stage(
        artifact=artifact,
        recipe=recipe,
        pictures=pictures[:PICTURES_SHOWN],
        parents=parents,
        more_parents=len(known) - len(parents),
        unit_url=_unit_url(artifact.unit),
    )


def _unit_url(unit: str) -> str:
    return unit_url(UnitAddress.parse(unit)) if unit else ""


def _models(artifacts: Sequence[Artifact]) -> dict[str, ModelCard | None]:
    """The networks that took part, each with its card; None where this machine has it no more."""
    recipes = [artifact.manifest["recipe"] for artifact in artifacts]
    names = [recipe.get("model") or recipe.get("unit", "").partition("/")[0] for recipe in recipes]
    known = model_ids()
    return {name: card(name) if name in known else None for name in filter(None, names)}
