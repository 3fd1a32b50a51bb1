"""Plans of real designs over made-up manifests: no image is made, so that thousands of plans take seconds."""

import dataclasses
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from experiments import registry
from experiments.contract.artifacts import Manifest
from experiments.contract.designs import CHOICES, Design, PlannedTrial
from experiments.contract.fields import build

ASKING = [slug for slug, paper in registry.experiments().items() if paper.asks_people]
SLUGS = [slug for slug in ASKING if registry.design(slug).ASKS_ABOUT == "units"]
SCALE, CAUSAL, LABORATORY = "zimmermann2023_scale", "zimmermann2021_causal", "borowski2021_exemplary"
WEB = [SCALE, CAUSAL]
CONDITIONS = [(slug, condition) for slug in SLUGS for condition in registry.design(slug).CONDITIONS]
SEEDS = st.integers(0, 2**56 - 1)
INDICES = st.integers(0, 100)


@dataclass(frozen=True, kw_only=True)
class Made:
    """A design with everything that its plans need."""

    design: Design
    condition: str
    units: Sequence[str]
    settings: Any
    sets: Mapping[str, Manifest]
    batches: int

    def plan(self, seed: int, *, index: int = 0, units: Sequence[str] = ()) -> list[PlannedTrial]:
        return self.design.plan(
            seed,
            index=index,
            condition=self.condition,
            units=units or self.units,
            settings=self.settings,
            sets=self.sets,
        )

    def practice(self, seed: int, *, attempt: int = 1) -> list[PlannedTrial]:
        return self.design.practice(
            seed, attempt=attempt, condition=self.condition, units=self.units, settings=self.settings, sets=self.sets
        )

    def name_of(self, digest: str) -> str:
        """The unit of an artifact."""
        return str(self.sets[digest].recipe["unit"])

    def wrong(self, trial: PlannedTrial) -> str:
        """The choice that is not right."""
        return next(choice for choice in CHOICES[self.design.TASK] if choice != trial.correct)


def made(
    slug: str, condition: str, *, units: int = 4, batches: int = 4, values: Mapping[str, Any] | None = None, **settings: Any
) -> Made:
    """A design with `settings` as far as it has them."""
    design = registry.design(slug)
    known = {field.name for field in dataclasses.fields(design.Settings)}
    checked = build(design.Settings, {name: value for name, value in settings.items() if name in known})
    addresses = [f"efficientnet_lite0.in1k/_blocks.10:{number}" for number in range(units)]
    recipes = design.stimulus_sets(units=addresses, conditions=[condition], settings=checked)
    values = {"batches": batches, **(values or {})}
    sets = {
        recipe.digest: Manifest(digest=recipe.digest, recipe=recipe.as_json(), files=(), values=values, parents=(), provenance={})
        for recipe in recipes
    }
    return Made(design=design, condition=condition, units=addresses, settings=checked, sets=sets, batches=batches)


@st.composite
def studies(draw: st.DrawFn, slugs: Sequence[str] = SLUGS) -> Made:
    """Studies of all conditions of these papers, of many sizes."""
    slug, condition = draw(st.sampled_from([pair for pair in CONDITIONS if pair[0] in slugs]))
    return made(
        slug,
        condition,
        units=draw(st.integers(2, 7)),
        batches=draw(st.integers(1, 6)),
        main_trials=draw(st.integers(1, 24)),
        catch_trials=draw(st.integers(0, 5)),
        grid_catch_trials=draw(st.integers(0, 3)),
        practice_obvious=draw(st.integers(0, 3)),
        practice_other=draw(st.integers(0, 3)),
        practice_trials=draw(st.integers(0, 3)),
        grid_practice_trials=draw(st.integers(0, 3)),
        ratings=draw(st.integers(0, 3)),
        none_blocks=draw(st.integers(0, 2)),
        blocks=draw(st.integers(1, 4)),
        grid_blocks=draw(st.integers(1, 3)),
    )


def of_kind(trials: Sequence[PlannedTrial], kind: str, condition: str | None = None) -> list[PlannedTrial]:
    return [trial for trial in trials if trial.kind == kind and condition in (None, trial.condition)]


def conditions_of(trials: Sequence[PlannedTrial]) -> set[str]:
    """Conditions of the main trials."""
    return {trial.condition for trial in of_kind(trials, "main")}


def asked(trials: Sequence[PlannedTrial]) -> Counter[tuple[str, str, str, int]]:
    """What a plan asks about, in no order; the example and the ratings' places aside."""
    return Counter((trial.kind, trial.condition, trial.unit, trial.batch) for trial in trials if trial.kind != "example")


def evenly(counts: Sequence[int]) -> bool:
    return not counts or max(counts) - min(counts) <= 1
