"""How the stimuli of a unit are dealt into batches, and the recipes behind a stimulus set; shared by papers that ask people."""

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeVar

from experiments.contract.artifacts import Manifest, Product, StoredFile, Workshop
from experiments.contract.fields import Json, build, require
from experiments.contract.planning import generator, shuffled
from experiments.contract.recipes import Exemplars, FeatureVisualization, Sign, StimulusSet, UnitRecipe
from experiments.methods.natural import natural_activations, repeats

T = TypeVar("T", bound=UnitRecipe)

COMMON = ("seed", "pool", "pool_size", "pool_resolution")
SIGNS: tuple[Sign, ...] = ("min", "max")
PER_BATCH = 10
"""Natural images of one sign: nine references and one more."""
SHARE = 0.25
"""Of the sources, how many at most are used for one sign; those beyond are hardly extreme."""


def unit_recipe(cls: type[T], stimulus_set: StimulusSet, *, fields: Mapping[str, Json]) -> T:
    """A recipe about the unit of a stimulus set, on its pool and with its seed.

    Raises:
        InputError: A setting is missing or unfit.
    """
    common = {name: setting(stimulus_set, name) for name in COMMON}
    return build(cls, {"unit": stimulus_set.unit, **common, **fields})


def setting(stimulus_set: StimulusSet, name: str) -> Json:
    """A setting of a stimulus set.

    Raises:
        InputError: It is missing.
    """
    require(name in stimulus_set.settings, "settings", f"{name} is missing", f"Give the settings of {stimulus_set.paper}")
    return stimulus_set.settings[name]


def visualization(
    stimulus_set: StimulusSet, *, sign: str, batch: int, diversity: float, more: Sequence[str] = ()
) -> FeatureVisualization:
    """The recipe of synthetic references; `more` names further fields that the set has among its settings."""
    names = ("size", "shown_size", "steps", "transforms", *more)
    fields = {name: setting(stimulus_set, name) for name in names}
    return unit_recipe(
        FeatureVisualization, stimulus_set, fields={**fields, "sign": sign, "batch": batch, "diversity": diversity}
    )


def natural_batches(stimulus_set: StimulusSet, workshop: Workshop, *, sign: str) -> tuple[int, Manifest]:
    """As many batches as the pool carries, at most `max_batches`, and the exemplars that fill them.

    Raises:
        InputError: The pool carries not even one.
    """
    most = setting(stimulus_set, "max_batches")
    require(isinstance(most, int) and most > 0, "max_batches", f"{most!r} is no number of batches", "Give at least 1")
    fields = {"sign": sign, "size": setting(stimulus_set, "shown_size")}
    natural = natural_activations(unit_recipe(Exemplars, stimulus_set, fields=fields), workshop)
    count = max(1, min(most, int(natural.source_count * SHARE / PER_BATCH)))
    return count, workshop.obtain(unit_recipe(Exemplars, stimulus_set, fields={**fields, "k": PER_BATCH * count}))


def two_sided_batches(stimulus_set: StimulusSet, workshop: Workshop, *, bins: Callable[[int], list[list[int]]]) -> Product:
    """Batches with ten natural images of each sign, one from each bin of ranks; files `batch<b>/<sign>_<place>`.

    `bins` says for a number of batches which ranks each place of a batch takes; within a bin chance decides.

    Raises:
        InputError: The pool carries not even one batch.
    """
    count, exemplars = natural_batches(stimulus_set, workshop, sign="both")
    rng = generator(setting(stimulus_set, "seed"))
    batches: list[list[StoredFile]] = [[] for _ in range(count)]
    for sign in SIGNS:
        for place, bin_ in enumerate(bins(count)):
            for batch, rank in enumerate(shuffled(bin_, rng)):
                batches[batch].append(link(exemplars, f"{sign}_{rank:03d}", to=f"batch{batch}/{sign}_{place}"))
    files = [file for batch in batches for file in batch]
    values = {"batches": count, "sources": exemplars.values["sources"], **repeats_within(batches)}
    return Product(linked_files=files, values=values, parents=[exemplars.digest])


def rank_bins(count: int) -> list[list[int]]:
    """Ten bins of `count` ranks each, the strongest last; within a bin the strongest last."""
    return [list(range((i + 1) * count - 1, i * count - 1, -1)) for i in reversed(range(PER_BATCH))]


def link(made: Manifest, name: str, *, to: str) -> StoredFile:
    """A file of another artifact under a name of its own."""
    return dataclasses.replace(made.file(name), name=to)


def same_image(one: StoredFile, other: StoredFile) -> bool:
    """Whether two natural images are the same part of the same source."""
    return (one.about["source"], one.about["box"]) == (other.about["source"], other.about["box"])


def repeats_within(batches: Iterable[Sequence[StoredFile]]) -> dict[str, float]:
    """The shares of `natural.repeats`, averaged over batches."""
    shares = [repeats([(file.about["source"], file.about["box"]) for file in batch]) for batch in batches]
    return {name: sum(share[name] for share in shares) / len(shares) for name in shares[0]}
