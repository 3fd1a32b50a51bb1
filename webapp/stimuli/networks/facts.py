"""What the catalogue's cards say of networks and their layers, without loading them. Called by REST and the explorer."""

from collections.abc import Sequence
from dataclasses import dataclass

from model_zoo.catalogue import AGGREGATIONS, Layout, ModelCard, card, eligible_layers, model_ids


@dataclass(frozen=True, kw_only=True)
class LayerFacts:
    """A module of a network whose units have addresses, or one of which it is known why they have none."""

    name: str
    channels: int
    layout: Layout | None
    eligible: bool
    """Whether units are drawn from it."""
    skipped: str = ""
    """Why its units have no one activation; empty where they have."""

    @property
    def aggregations(self) -> Sequence[str]:
        """How its output can become one number per channel."""
        return AGGREGATIONS[self.layout] if self.layout else ()


def networks() -> list[ModelCard]:
    """The cards of all models, the published before those made here."""
    return [card(model_id) for model_id in model_ids()]


def layers_of(model: ModelCard) -> list[LayerFacts]:
    """The layers of a model in the network's order, after them what is skipped."""
    drawn = set(eligible_layers(model.id))
    known = [
        LayerFacts(name=name, channels=layer.channels, layout=layer.layout, eligible=name in drawn)
        for name, layer in model.layers.items()
    ]
    skipped = [LayerFacts(name=name, channels=0, layout=None, eligible=False, skipped=why) for name, why in model.skipped.items()]
    return known + skipped
