"""A unit as the explorer shows it: its address, the facts of its layer, its neighbors, its page's URL."""

from dataclasses import dataclass, replace
from typing import Self

from django.urls import reverse

from model_zoo.address import UnitAddress
from model_zoo.catalogue import Layer, ModelCard, aggregation_of, card, check_unit


@dataclass(frozen=True, kw_only=True)
class UnitShown:
    """A unit that exists."""

    address: UnitAddress
    model: ModelCard
    layer: Layer
    aggregation: str
    """How its map becomes one number: by position where the address has one, else as its layer's layout allows."""

    @classmethod
    def find(cls, text: str) -> Self:
        """The unit of an address, with its layer named verbatim or as lucent writes it.

        Raises:
            InputError: The text is no address, or there is no such unit, or its layer has none.
        """
        parsed = UnitAddress.parse(text.strip())
        aggregation = aggregation_of(parsed)
        address = check_unit(parsed, aggregation=aggregation)
        model = card(address.model)
        return cls(address=address, model=model, layer=model.layers[address.layer], aggregation=aggregation)

    @property
    def url(self) -> str:
        """Its page."""
        return unit_url(self.address)

    @property
    def before(self) -> UnitAddress | None:
        """The unit before it in the layer."""
        return replace(self.address, channel=self.address.channel - 1) if self.address.channel else None

    @property
    def after(self) -> UnitAddress | None:
        """The unit after it in the layer."""
        channel = self.address.channel + 1
        return replace(self.address, channel=channel) if channel < self.layer.channels else None


def unit_url(address: UnitAddress) -> str:
    """The page of a unit."""
    model, _, rest = str(address).partition("/")
    layer, _, channel = rest.rpartition(":")
    return reverse("unit", args=[model, layer, channel])
