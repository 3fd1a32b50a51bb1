"""A layer's units, a page at a time, each with the pictures that somebody has had made of it."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.core.paginator import Page, Paginator

from model_zoo.address import UnitAddress
from model_zoo.catalogue import ModelCard
from webapp.stimuli.explorer.pictures import Picture, thumbnail_of
from webapp.stimuli.explorer.units import unit_url
from webapp.stimuli.models import Artifact

PER_PAGE = 24
KINDS = ("exemplars", "feature_visualization")


@dataclass(frozen=True, kw_only=True)
class UnitCell:
    """A unit in the grid."""

    address: str
    channel: int
    url: str
    pictures: Sequence[Picture]
    """Its best exemplar and its visualization, as far as there are any."""


def layer_units(model: ModelCard, layer: str, *, number: str) -> tuple[Page, list[UnitCell]]:
    """A page of a layer's units; a number out of range gives the nearest page."""
    page = Paginator(range(model.layers[layer].channels), PER_PAGE).get_page(number)
    addresses = [UnitAddress(model.id, layer, channel) for channel in page.object_list]
    pictures = _newest_pictures([str(address) for address in addresses])
    cells = [
        UnitCell(
            address=str(address),
            channel=address.channel,
            url=unit_url(address),
            pictures=[pictures[str(address), kind] for kind in KINDS if (str(address), kind) in pictures],
        )
        for address in addresses
    ]
    return page, cells


def _newest_pictures(addresses: Sequence[str]) -> dict[tuple[str, str], Picture]:
    found: dict[tuple[str, str], Picture] = {}
    made = Artifact.objects.filter(unit__in=addresses, kind__in=KINDS).order_by("stored_at")
    for artifact in made:
        # What a unit likes least is no picture of it.
        picture = thumbnail_of(artifact) if artifact.manifest["recipe"].get("sign") != "min" else None
        if picture:
            found[artifact.unit, artifact.kind] = picture
    return found
