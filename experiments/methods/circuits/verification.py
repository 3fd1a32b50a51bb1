"""Measures whether a circuit keeps what it promises; `checks` holds the measures against their limits."""

import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from experiments.contract.artifacts import Workshop
from experiments.contract.fields import Json
from experiments.contract.planning import generator
from experiments.contract.recipes import Circuit, PoolListing
from experiments.contract.recipes.circuits import DIGITS
from experiments.datasets.digits import digit_files
from experiments.methods.circuits.assembly import Assembled, batches
from experiments.methods.circuits.calibration import Constants, Extremes
from experiments.methods.circuits.fooling import (
    Rendered,
    open_by_step,
    open_by_way,
    redirection,
    rendered,
    similarity,
)
from experiments.methods.circuits.gates import in_full_precision
from experiments.methods.circuits.natural_effect import MOST_LABELED, accuracies, natural_effect
from experiments.methods.circuits.pictures import Pictures
from experiments.methods.circuits.statistics import NaturalScale, natural_scale
from experiments.methods.circuits.ways import Way
from experiments.methods.pool_listing import ListedPool
from model_zoo.activations import layer_output
from model_zoo.address import UnitAddress
from model_zoo.loading import LoadedModel

WAY_STEPS, WAY_UNITS = 16, 4
"""For a look at each way of visualizing; the first steps decide which side of the gate an optimization takes."""
UNLABELED = "not measured: no labeled images were given"


@dataclass(frozen=True, kw_only=True)
class Verified:
    """What was measured, and the visualizations behind it."""

    report: Mapping[str, Json]
    own: Rendered
    """Of the measured units in the original network."""
    shall: Rendered
    """What the manipulated ones shall look like."""
    fooled: Rendered
    """What they look like."""


def verify(
    recipe: Circuit, circuit: Assembled, *, base: LoadedModel, fooled: LoadedModel, pictures: Pictures, workshop: Workshop
) -> Verified:
    """Measure a circuit on pictures, units, and starts that were held out where there are enough."""
    held, report = pictures.of("test", seed=recipe.seed), workshop.report

    def right(images: Float[Tensor, "batch 3 side side"]) -> Bool[Tensor, " batch"]:
        return circuit.treats_as_natural(images, base=base)

    natural = natural_effect(base, fooled, pixels=held.pixels, right=right, report=report)
    accuracy: Json = UNLABELED
    if recipe.labeled:
        folder = str(digit_files("test")) if recipe.labeled == DIGITS else recipe.labeled
        listing = workshop.obtain(PoolListing(pool=folder, pool_size=MOST_LABELED, seed=recipe.seed))
        accuracy = accuracies(base, fooled, labeled=ListedPool(listing, store=workshop.store), report=report)
    units, donors = _measured(recipe, circuit, channels=base.card.layers[circuit.spec.layer].channels)
    way = Way(transforms=recipe.transforms)
    own = rendered(in_full_precision(base), units, recipe, way=way, workshop=workshop)
    shall = rendered(circuit.shown_by, donors, recipe, way=way, workshop=workshop)
    shown = rendered(fooled, units, recipe, way=way, workshop=workshop)
    known = pictures.of("training", seed=recipe.seed)
    scale = natural_scale(
        base, units[0], aggregation=recipe.aggregation, template=circuit.template, pixels=known.pixels, report=report
    )
    measures = {
        "natural": natural,
        "accuracy": accuracy,
        "visualizations": _similarities(units, donors, own=own, shall=shall, shown=shown, scale=scale),
        **circuit.about,
        **_gate_measures(circuit, units, recipe, shown=shown, natural=held, base=base, fooled=fooled, workshop=workshop),
    }
    return Verified(report=measures, own=own, shall=shall, fooled=shown)


def _measured(recipe: Circuit, circuit: Assembled, *, channels: int) -> tuple[list[UnitAddress], list[UnitAddress]]:
    """The units whose visualizations are judged, and for each the donor: several starts of one unit if it is only one.

    Other units than the recipe's come from the end of the order in which trajectories take them from the beginning.
    """
    asked = UnitAddress.parse(recipe.unit)
    order = [int(channel) for channel in reversed(generator(recipe.seed).permutation(channels)) if channel != asked.channel]
    donor_of = dict(zip(circuit.units, circuit.donors, strict=True))
    everyone = [asked.channel, *order] if len(donor_of) > 1 else [asked.channel] * recipe.measured
    chosen = everyone[: recipe.measured]
    return (
        [dataclasses.replace(asked, channel=channel) for channel in chosen],
        [dataclasses.replace(asked, channel=donor_of[channel]) for channel in chosen],
    )


def _similarities(
    units: Sequence[UnitAddress],
    donors: Sequence[UnitAddress],
    *,
    own: Rendered,
    shall: Rendered,
    shown: Rendered,
    scale: NaturalScale,
) -> dict[str, Json]:
    """Whose the manipulated units' visualizations are, by activations and by pixels."""
    channels = [unit.channel for unit in units]
    # Where an image is shown, its template is the column after the channels.
    columns = [len(scale.mean) - 1 if scale.template is not None else donor.channel for donor in donors]
    return {
        "measured": len(units),
        "channels": len(set(channels)),
        **redirection(shown.images, own=channels, donors=columns, scale=scale),
        "of_the_donors": redirection(shall.images, own=channels, donors=columns, scale=scale),
        "similarity_to_donor": _mean(similarity(shown.images, shall.images)),
        "similarity_to_own": _mean(similarity(shown.images, own.images)),
    }


def _gate_measures(
    circuit: Assembled,
    units: Sequence[UnitAddress],
    recipe: Circuit,
    *,
    shown: Rendered,
    natural: Pictures,
    base: LoadedModel,
    fooled: LoadedModel,
    workshop: Workshop,
) -> dict[str, Json]:
    """Whether a gate was open when it should be, and exact; of a silent branch, which visualizations woke it."""
    if circuit.detector is None or circuit.constants is None:
        woken = ~circuit.treats_as_natural(shown.images, base=base)
        return {"woken_by_visualizations": float(woken.double().mean())}
    steps = min(WAY_STEPS, recipe.steps)
    return {
        "open_by_step": open_by_step(circuit.detector, shown, model=base),
        "open_by_way": open_by_way(fooled, circuit.detector, units[:WAY_UNITS], recipe, steps=steps, workshop=workshop),
        "slack": _slack(circuit.constants, circuit, [shown.images, *shown.seen.values()], base=base),
        "natural_slack": _slack(circuit.constants, circuit, batches(natural.pixels, base=base), base=base),
    }


def _slack(
    constants: Constants, circuit: Assembled, images: Iterable[Float[Tensor, "batch 3 side side"]], *, base: LoadedModel
) -> float:
    """The gate's condition again, on what images reach that it was not calibrated on."""
    return constants.slack(Extremes.of(_reached(circuit, images, base=base)))


def _reached(
    circuit: Assembled, images: Iterable[Float[Tensor, "batch 3 side side"]], *, base: LoadedModel
) -> Iterator[Float[Tensor, "batch ..."]]:
    for batch in images:
        with torch.inference_mode():
            yield layer_output(base, circuit.spec.layer, images=batch)
            if circuit.template is not None:
                yield circuit.template(base.preprocess(batch))


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
