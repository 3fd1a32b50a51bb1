"""The parts of a unit's page: which recipe each stands for, and whether it is there, on its way, failed or not asked for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from experiments.contract.errors import InputError
from experiments.contract.recipes import Recipe, recipe_from_json
from webapp.stimuli.explorer.options import Options
from webapp.stimuli.explorer.units import UnitShown
from webapp.stimuli.models import Artifact, Job
from webapp.stimuli.selectors import Shown, artifact_find, job_shown

EXEMPLARS = 9
VISUALIZATIONS = 4
POSITIONS_ACROSS = 32
"""The occluding square moves by this fraction of the side."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """A part as it stands; its recipe is None where the options or the unit do not allow it, and `refused` says why."""

    name: str
    title: str
    recipe: Recipe | None
    refused: InputError | None
    artifact: Artifact | None
    job: Job | None

    @cached_property
    def shown(self) -> Shown | None:
        """How far its job is; None if the part is there, or nobody asked for it."""
        return job_shown(self.job) if self.job and not self.artifact else None

    @property
    def state(self) -> str:
        """`refused`, `absent`, `finished`, or the state of its newest job."""
        if self.refused:
            return "refused"
        if self.artifact:
            return Job.State.FINISHED
        # A job whose artifact was removed since says nothing any more.
        return self.shown.state if self.shown and self.shown.state != Job.State.FINISHED else "absent"

    @property
    def is_open(self) -> bool:
        """Whether it is on its way."""
        return self.state in Job.OPEN

    @property
    def can_be_made(self) -> bool:
        """Whether a button makes sense."""
        return self.state in ("absent", Job.State.FAILED, Job.State.CANCELLED)


def _bodies(unit: UnitShown, options: Options) -> Mapping[str, tuple[str, dict[str, Any]]]:
    """Title and recipe of each part, by its name."""
    shared = {
        "unit": str(unit.address),
        "aggregation": unit.aggregation,
        "pool": options.pool,
        "pool_size": options.pool_size,
        "pool_resolution": options.size,
    }
    occlusion = {"kind": "occlusion", "size": options.size, "stride": max(1, options.size // POSITIONS_ACROSS)}
    visualization = {"kind": "feature_visualization", "size": options.size, "steps": options.steps, "batch": VISUALIZATIONS}
    return {
        "exemplars": ("Exemplars", {"kind": "exemplars", "k": EXEMPLARS, **shared}),
        "visualization": ("Visualization: what activates it most", {**visualization, **shared}),
        "opposite": ("Visualization: what activates it least", {**visualization, "sign": "min", **shared}),
        "lucent": ("Visualization by lucent", {**visualization, "engine": "lucent", **shared}),
        "occlusion": ("Occlusion of its best exemplar", {**occlusion, **shared}),
        "attribution": ("Attribution on its best exemplar", {"kind": "attribution", "size": options.size, **shared}),
    }


def parts_of(unit: UnitShown, options: Options, *, names: Sequence[str] = ()) -> list[Part]:
    """The parts of a unit's page, all or those named, in the order of the page."""
    recipes: dict[str, Recipe] = {}
    refusals: dict[str, InputError] = {}
    bodies = {name: body for name, body in _bodies(unit, options).items() if not names or name in names}
    for name, (_, body) in bodies.items():
        try:
            recipes[name] = recipe_from_json(body)
        except InputError as error:
            refusals[name] = error
    digests = [recipe.digest for recipe in recipes.values()]
    newest = {job.digest: job for job in Job.objects.filter(digest__in=digests).order_by("created_at")}
    return [
        Part(
            name=name,
            title=title,
            recipe=recipes.get(name),
            refused=refusals.get(name),
            artifact=artifact_find(recipes[name].digest) if name in recipes else None,
            job=newest.get(recipes[name].digest) if name in recipes else None,
        )
        for name, (title, _) in bodies.items()
    ]
