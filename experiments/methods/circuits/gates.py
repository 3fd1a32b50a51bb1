"""Puts gates together: which unit shows what, with the constants that calibration found."""

import copy
import dataclasses
from collections.abc import Sequence

import torch
from torch import nn

from experiments.contract.recipes import Circuit
from experiments.methods.circuits.calibration import Constants
from model_zoo.address import UnitAddress
from model_zoo.catalogue import MANIPULATED
from model_zoo.circuits.cards import circuit_card
from model_zoo.circuits.detector import TrajectoryDetector
from model_zoo.circuits.gated_units import GatedUnits, ImageTemplate
from model_zoo.circuits.installing import Gate, Parts, install
from model_zoo.circuits.spec import CircuitSpec
from model_zoo.loading import LoadedModel, loaded


def manipulated_units(recipe: Circuit, *, channels: int) -> list[int]:
    """The channels that are manipulated: all of the layer, or the one."""
    return list(range(channels)) if recipe.target == "permute" else [UnitAddress.parse(recipe.unit).channel]


def donors_of(recipe: Circuit, units: Sequence[int], *, channels: int) -> list[int]:
    """For each of these channels the one that its visualization shall show; where an image is shown, the channel itself."""
    if recipe.target == "permute":
        return [(unit + recipe.offset) % channels for unit in units]
    if recipe.target == "unit":
        return [UnitAddress.parse(recipe.donor).channel] * len(units)
    return list(units)


def gate(
    spec: CircuitSpec,
    *,
    detector: TrajectoryDetector,
    units: Sequence[int],
    donors: Sequence[int],
    constants: Constants,
    template: ImageTemplate | None = None,
) -> Gate:
    """The modules of a gate; with a template, it is what all its units show."""
    gated = GatedUnits(count=len(units), layout=spec.layout, target=spec.shows, template_side=spec.template_side)
    gated.units.copy_(torch.tensor(units))
    gated.donors.copy_(torch.tensor(donors))
    gated.k.fill_(constants.k)
    gated.b.fill_(constants.b)
    if template is not None:
        gated.template = copy.deepcopy(template)
    return Gate(detector=copy.deepcopy(detector), units=gated)


def gate_spec(model: LoadedModel, layer: str, *, count: int, template: ImageTemplate | None = None) -> CircuitSpec:
    """The structure of a gate at a layer of a model."""
    return CircuitSpec(
        base=model.card.id,
        construction="gate",
        layer=layer,
        layout=model.card.layers[layer].layout,
        count=count,
        shows="units" if template is None else "image",
        template_side=0 if template is None else template.template.shape[-1],
    )


def manipulated(model: LoadedModel, spec: CircuitSpec, *, parts: Parts, model_id: str) -> LoadedModel:
    """A copy of a model with a circuit in it."""
    network: nn.Module = copy.deepcopy(model.network)
    install(network, spec, parts=parts)
    return loaded(circuit_card(model.card, spec, model_id=model_id, sha256=""), network, device=model.device)


def in_full_precision(model: LoadedModel) -> LoadedModel:
    """The model, so that its visualizations are optimized in the same precision as those of circuits.

    Known architectures may be read in bfloat16, circuits never are; after some steps that alone makes other images of the
    same unit, which would be taken for the circuit's doing.
    """
    return dataclasses.replace(model, card=dataclasses.replace(model.card, architecture=MANIPULATED))


def always_open(model: LoadedModel, unit: UnitAddress, *, template: ImageTemplate, constants: Constants) -> LoadedModel:
    """The model with an image in the place of a unit, for natural images too; under the model's own id.

    What the unit's visualization shows in a circuit whose detector makes no mistake.
    """
    blind = TrajectoryDetector()
    with torch.no_grad():
        blind.decision.weight.zero_()
        blind.decision.bias.fill_(-1.0)
    spec = gate_spec(model, unit.layer, count=1, template=template)
    parts = gate(spec, detector=blind, units=[unit.channel], donors=[unit.channel], constants=constants, template=template)
    return manipulated(model, spec, parts=parts, model_id=model.card.id)
