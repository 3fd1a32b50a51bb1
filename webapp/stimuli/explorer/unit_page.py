"""What a unit's page shows besides its pictures: numbers of its exemplars, facts, circuits, forms."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.urls import reverse

from model_zoo.catalogue import MADE_HERE
from model_zoo.weight_files import is_there
from webapp.stimuli.circuits.forms import CircuitForm
from webapp.stimuli.explorer.options import Options, OptionsForm
from webapp.stimuli.explorer.parts import Part, parts_of
from webapp.stimuli.explorer.pictures import pictures_of, remarks_on
from webapp.stimuli.explorer.units import UnitShown, unit_url
from webapp.stimuli.selectors import store


def unit_context(
    unit: UnitShown, options: Options, *, form: OptionsForm, circuit_form: CircuitForm | None = None
) -> dict[str, Any]:
    """Everything on the page of a unit."""
    parts = [part_context(unit, part, options) for part in parts_of(unit, options)]
    return {
        "unit": unit,
        "channel": str(unit.address).rpartition(":")[2],
        "options": options,
        "form": form,
        "parts": parts,
        "is_open": any(part["part"].is_open for part in parts),
        "can_make_all": any(part["part"].can_be_made for part in parts),
        "before_url": unit.before and unit_url(unit.before) + options.query,
        "after_url": unit.after and unit_url(unit.after) + options.query,
        "weights_here": is_there(unit.model),
        "made_by": maker_of(unit.model.id),
        "circuit_form": circuit_form or CircuitForm(),
    }


def part_context(unit: UnitShown, part: Part, options: Options) -> dict[str, Any]:
    """A part with its pictures, and where it is looked at again and made."""
    way = [unit.address.model, unit.address.layer, str(unit.address).rpartition(":")[2]]
    found: dict[str, Any] = {
        "part": part,
        "url": reverse("unit-part", args=[*way, part.name]) + options.query,
        "act_url": reverse("unit-act", args=way) + options.query,
    }
    if part.artifact:
        found |= {
            "groups": pictures_of(part.artifact),
            "remarks": remarks_on(part.artifact),
            "histogram": drawable(part.artifact.manifest["values"].get("histogram")),
        }
    return found


def drawable(histogram: Mapping[str, Sequence[Any]] | None) -> Mapping[str, Sequence[Any]] | None:
    """A histogram if it has an edge more than counts, as those have that can be drawn."""
    has_shape = histogram is not None and len(histogram.get("edges", ())) == len(histogram.get("counts", ())) + 1 > 1
    return histogram if has_shape else None


def maker_of(model_id: str) -> str:
    """Digest of the run or circuit that made a model here; empty for others."""
    digests = store().digests(model_id.removeprefix(MADE_HERE)) if model_id.startswith(MADE_HERE) else []
    return digests[0] if digests else ""
