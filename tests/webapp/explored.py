"""Stimuli of units as the explorer asks for them, made up for tests: real recipes, real store, squares for pictures."""

import html
import io
from collections.abc import Sequence
from typing import Any

from PIL import Image

from experiments.contract.artifacts import NewFile, Product
from experiments.contract.recipes import Recipe
from webapp.stimuli.explorer.options import Options
from webapp.stimuli.explorer.parts import parts_of
from webapp.stimuli.explorer.units import UnitShown
from webapp.stimuli.models import Artifact
from webapp.stimuli.selectors import store
from webapp.stimuli.services import artifact_store

UNIT = "efficientnet_lite0.in1k/_blocks.3:5"
PAGE = "/explorer/efficientnet_lite0.in1k/_blocks.3/5/"
NAMES = {
    "exemplars": ("max_000", "max_001", "min_000", "min_001"),
    "visualization": ("image_0", "image_1"),
    "opposite": ("image_0", "image_1"),
    "occlusion": ("base", "map", "min", "max"),
}


def text_of(page: Any) -> str:
    """What a page says."""
    return html.unescape(page.content.decode())


def recipe_of(part: str, *, unit: str = UNIT, **options: Any) -> Recipe:
    """The recipe that stands behind a part of a unit's page."""
    recipe = parts_of(UnitShown.find(unit), Options(**options), names=[part])[0].recipe
    assert recipe is not None
    return recipe


def made(part: str, *, unit: str = UNIT, parents: Sequence[str] = (), **values: Any) -> Artifact:
    """The artifact of a part, at home."""
    return kept(recipe_of(part, unit=unit), NAMES[part], parents=parents, **values)


def kept(recipe: Recipe, names: Sequence[str], *, parents: Sequence[str] = (), **values: Any) -> Artifact:
    """The artifact of a recipe with squares of these names, at home."""
    files = [NewFile(name=name, content=_square(number), about={"activation": 4 - number}) for number, name in enumerate(names)]
    product = Product(new_files=files, values=values, parents=parents)
    return artifact_store(store().publish(recipe, product, provenance={"made": "up", "seconds": 1.5}).as_json())


def _square(number: int) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (32, 32), (60 * number % 256, 120, 90)).save(buffer, format="PNG")
    return buffer.getvalue()
