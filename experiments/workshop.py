"""Makes artifacts: looks a recipe up in the store and, where it is missing, calls its maker. Called by tasks and CLI."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from experiments import registry
from experiments.contract.artifacts import ArtifactStore, Manifest, Product, Workshop
from experiments.contract.environment import versions
from experiments.contract.recipes import (
    ActivationIndex,
    ActivationShard,
    Analysis,
    Attribution,
    Blur,
    Circuit,
    ClusteredShard,
    ClusterSearch,
    CopySearch,
    Deduplication,
    Detector,
    EmbeddingClusters,
    Exemplars,
    FeatureVisualization,
    MachineAnswers,
    Network,
    Occlusion,
    PathSimilarity,
    PoolListing,
    Recipe,
    Run,
    ShardContents,
    ShardFingerprints,
    ShardLabels,
    ShardList,
    ShardSelection,
    StimulusSet,
    Training,
    Trajectories,
)
from experiments.methods import (
    activation_index,
    attribution,
    blur,
    circuits,
    exemplars,
    feature_visualization,
    occlusion,
    path_similarity_maker,
    pool_listing,
    small_network,
)
from experiments.methods.observers import machine_answers
from experiments.methods.shards import clusters, contents, copies, deduplication, fingerprints, labels, selection

# Each maker takes its own kind of recipe; the key of MAKERS sees to that.
Maker = Callable[[Any, Workshop], Product]

MAKERS: Mapping[type[Recipe], Maker] = {
    PoolListing: pool_listing.make,
    ActivationShard: activation_index.make_shard,
    ActivationIndex: activation_index.make,
    Exemplars: exemplars.make,
    FeatureVisualization: feature_visualization.make,
    Occlusion: occlusion.make,
    Blur: blur.make,
    PathSimilarity: path_similarity_maker.make,
    Network: small_network.make,
    Attribution: attribution.make,
    Trajectories: circuits.make_trajectories,
    Detector: circuits.make_detector,
    Circuit: circuits.make,
    ShardList: contents.make_list,
    ShardContents: contents.make_contents,
    ShardFingerprints: fingerprints.make,
    ShardLabels: labels.make,
    CopySearch: copies.make,
    EmbeddingClusters: clusters.make_centers,
    ClusteredShard: clusters.make_clustered,
    ClusterSearch: clusters.make_search,
    Deduplication: deduplication.make,
    ShardSelection: selection.make,
    StimulusSet: lambda recipe, workshop: registry.part(recipe.paper, "stimuli").make(recipe, workshop),
    Analysis: lambda recipe, workshop: registry.part(recipe.paper, "analysis").make(recipe, workshop),
    MachineAnswers: lambda recipe, workshop: machine_answers.make(recipe, workshop, design=registry.design(recipe.paper)),
    Training: lambda recipe, workshop: registry.runner(recipe.paper).train(recipe, workshop),
    Run: lambda recipe, workshop: registry.runner(recipe.paper).make(recipe, workshop),
}


@dataclass(frozen=True, kw_only=True)
class LocalWorkshop:
    """A workshop in this process: the store, the device, and where progress is told."""

    store: ArtifactStore
    device: str
    report: Callable[[int, int, str], None]
    """Called with steps done, steps in all, and what is being done; may raise Cancelled."""
    stages: list[str] = field(default_factory=list)
    """Digests of the trainings that were asked for until now, in order."""

    def obtain(self, recipe: Recipe) -> Manifest:
        """The artifact of `recipe`: from the store, or made now and stored.

        Raises:
            InputError: The recipe cannot be made as asked.
            Cancelled: The job was cancelled meanwhile.
        """
        self.note([recipe])
        stored = self.store.manifest(recipe.digest)
        if stored is not None:
            return stored
        product, provenance = made(recipe, self)
        return self.store.publish(recipe, product, provenance=provenance)

    def obtain_all(self, recipes: Sequence[Recipe]) -> list[Manifest]:
        """The artifacts of these recipes, made here one after the other."""
        return [self.obtain(recipe) for recipe in recipes]

    def note(self, recipes: Sequence[Recipe]) -> None:
        """Remember the trainings among the recipes as stages."""
        digests = (recipe.digest for recipe in recipes if isinstance(recipe, Training))
        self.stages.extend(digest for digest in digests if digest not in self.stages)


def made(recipe: Recipe, workshop: Workshop) -> tuple[Product, dict[str, Any]]:
    """What the maker of a recipe gives, and where it is from: versions, device, wall time in s."""
    started = time.perf_counter()
    product = MAKERS[type(recipe)](recipe, workshop)
    return product, {**versions(), "device": workshop.device, "seconds": round(time.perf_counter() - started, 3)}
