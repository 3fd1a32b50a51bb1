"""The image that a recipe is about: one of the user's, or an exemplar of the unit's. Called by sweeps and attributions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from experiments.contract.artifacts import Workshop
from experiments.contract.fields import Json, require
from experiments.contract.recipes import ImageRecipe
from experiments.datasets.images import cut_square, file_sha256, read_image
from experiments.datasets.pool import PoolImage
from experiments.datasets.sources import frame_largest
from experiments.methods.natural import exemplars_of, index_recipe, require_weights
from experiments.methods.pool_listing import ListedPool
from model_zoo.address import UnitAddress
from model_zoo.loading import load

LEAST_SIDE = 32
"""px; what is smaller shows nothing when it is enlarged to what networks see."""


@dataclass(frozen=True, kw_only=True)
class ShownImage:
    """An image, and where it comes from."""

    seen: PoolImage
    """As the network sees it."""
    shown: PoolImage
    parents: Sequence[str] = ()
    """The digests that it comes from."""
    values: Mapping[str, Json] = field(default_factory=dict)
    """Of the user's own: `image_sha256`, and where it is not square `cut_to`, the side of the square in px, and `cut_from`."""


def image_of(recipe: ImageRecipe, workshop: Workshop) -> ShownImage:
    """The image that a recipe is about.

    An image that is not square is cut to the largest square in its middle.

    Raises:
        InputError: The path is that of no image or of a tiny one, or the unit's exemplars were found with other weights.
    """
    if recipe.image:
        image = read_image(Path(recipe.image), field="image")
        side, remedy = min(image.size), f"Give one of at least {LEAST_SIDE} px on each side"
        require(side >= LEAST_SIDE, "image", f"it has only {image.width} x {image.height} px", remedy)
        framing = frame_largest(image.size)
        seen, shown = (
            PoolImage(source=recipe.image, box=framing.box, pixels=cut_square(image, framing.box, side=px, gray=framing.gray))
            for px in (recipe.size, recipe.shown_size)
        )
        cut = {} if image.width == image.height else {"cut_to": side, "cut_from": image.size}
        return ShownImage(seen=seen, shown=shown, values={"image_sha256": file_sha256(Path(recipe.image)), **cut})
    index = workshop.obtain(index_recipe(recipe))
    model = load(UnitAddress.parse(recipe.unit).model, device=workshop.device)
    require_weights(model.card, index)
    chosen = [*exemplars_of(recipe, workshop, counts={"max": recipe.rank + 1})["max"]][recipe.rank]
    pool = ListedPool.of(recipe, workshop)
    seen, shown = (pool.read(chosen, side=side) for side in (recipe.size, recipe.shown_size))
    return ShownImage(seen=seen, shown=shown, parents=[index.digest, pool.listing.digest])
