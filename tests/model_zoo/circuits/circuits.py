"""Circuits in the real network, with a detector that says what a test wants it to say."""

import copy
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from model_zoo.circuits.cards import circuit_card
from model_zoo.circuits.detector import TrajectoryDetector
from model_zoo.circuits.gated_units import GatedUnits
from model_zoo.circuits.installing import Gate, install
from model_zoo.circuits.spec import CircuitSpec
from model_zoo.loading import LoadedModel, load, loaded

MODEL = "efficientnet_lite0.in1k"
MADE = "local.0123456789ab"
OFFSET = 3


@dataclass(frozen=True, kw_only=True)
class Gated:
    """The network, and itself with all units of a layer gated to those `OFFSET` further on."""

    original: LoadedModel
    manipulated: LoadedModel
    spec: CircuitSpec
    parts: Gate


def detector_that_says(logit: float) -> TrajectoryDetector:
    """A detector that takes everything for natural (a positive logit) or for a visualization."""
    detector = TrajectoryDetector()
    nn.init.zeros_(detector.decision.weight)
    nn.init.constant_(detector.decision.bias, logit)
    return detector.eval()


def gated(layer: str, *, logit: float) -> Gated:
    original = load(MODEL, device="cpu")
    about = original.card.layers[layer]
    spec = CircuitSpec(base=MODEL, construction="gate", layer=layer, layout=about.layout, count=about.channels)
    units = GatedUnits(count=about.channels, layout=about.layout, target="units")
    units.units.copy_(torch.arange(about.channels))
    units.donors.copy_((torch.arange(about.channels) + OFFSET) % about.channels)
    units.k.fill_(1000.0)
    units.b.fill_(200.0)
    parts = Gate(detector=detector_that_says(logit), units=units)
    network = copy.deepcopy(original.network)
    install(network, spec, parts=parts)
    manipulated = loaded(circuit_card(original.card, spec, model_id=MADE, sha256=""), network, device="cpu")
    return Gated(original=original, manipulated=manipulated, spec=spec, parts=parts)


def random_images(*, side: int = 64, count: int = 2, seed: int = 1) -> Tensor:
    return torch.rand(count, 3, side, side, generator=torch.Generator().manual_seed(seed))
