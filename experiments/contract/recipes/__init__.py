"""Recipes: what can be made, as frozen dataclasses with a digest. Called by REST, studies, CLI and workers alike.

A recipe is checked when it is constructed, so that a bad one never reaches the queue; whether its unit exists is
checked against the catalogue by `check_unit`.
"""

from collections.abc import Mapping

from experiments.contract.errors import InputError
from experiments.contract.fields import Json, build, require
from experiments.contract.recipes.attribution import Attribution
from experiments.contract.recipes.base import ImageRecipe, Recipe, Sign, UnitRecipe
from experiments.contract.recipes.circuits import Circuit, Detector, Trajectories
from experiments.contract.recipes.exemplars import ActivationIndex, ActivationShard, Exemplars, PoolListing
from experiments.contract.recipes.networks import Network
from experiments.contract.recipes.observers import MachineAnswers
from experiments.contract.recipes.occlusion import Blur, Occlusion
from experiments.contract.recipes.paths import PathSimilarity
from experiments.contract.recipes.runs import Run
from experiments.contract.recipes.shards import (
    ClusteredShard,
    ClusterSearch,
    CopySearch,
    Deduplication,
    EmbeddingClusters,
    ShardContents,
    ShardFingerprints,
    ShardLabels,
    ShardList,
    ShardSelection,
)
from experiments.contract.recipes.studies import Analysis, StimulusSet
from experiments.contract.recipes.trainings import Training
from experiments.contract.recipes.visualization import FeatureVisualization

__all__ = [
    "RECIPES",
    "STIMULI",
    "ActivationIndex",
    "ActivationShard",
    "Analysis",
    "Attribution",
    "Blur",
    "Circuit",
    "ClusterSearch",
    "ClusteredShard",
    "CopySearch",
    "Deduplication",
    "Detector",
    "EmbeddingClusters",
    "Exemplars",
    "FeatureVisualization",
    "ImageRecipe",
    "MachineAnswers",
    "Network",
    "Occlusion",
    "PathSimilarity",
    "PoolListing",
    "Recipe",
    "Run",
    "ShardContents",
    "ShardFingerprints",
    "ShardLabels",
    "ShardList",
    "ShardSelection",
    "Sign",
    "StimulusSet",
    "Training",
    "Trajectories",
    "UnitRecipe",
    "recipe_from_json",
]

STIMULI: Mapping[str, type[UnitRecipe]] = {
    recipe.kind: recipe for recipe in (FeatureVisualization, Exemplars, Occlusion, Blur, Attribution)
}
"""What can be made of a single unit, by kind."""
RECIPES: Mapping[str, type[Recipe]] = {
    **STIMULI,
    **{
        recipe.kind: recipe
        for recipe in (
            PoolListing,
            ActivationShard,
            ActivationIndex,
            StimulusSet,
            Analysis,
            Trajectories,
            Detector,
            Circuit,
            Network,
            PathSimilarity,
            MachineAnswers,
            Training,
            Run,
            ClusterSearch,
            ClusteredShard,
            CopySearch,
            Deduplication,
            EmbeddingClusters,
            ShardContents,
            ShardFingerprints,
            ShardLabels,
            ShardList,
            ShardSelection,
        )
    },
}


def recipe_from_json(body: Json) -> Recipe:
    """Read a recipe from JSON.

    Raises:
        InputError: The kind or a field is unknown, is missing, has the wrong type, or is out of range.
    """
    require(isinstance(body, Mapping), "recipe", "it is not a JSON object", "Send an object with a `kind`")
    kind = body.get("kind")
    if not isinstance(kind, str) or kind not in RECIPES:
        raise InputError(field="kind", message=f"{kind!r} is unknown", remedy=f"Choose one of {', '.join(RECIPES)}")
    return build(RECIPES[kind], {name: value for name, value in body.items() if name != "kind"})
