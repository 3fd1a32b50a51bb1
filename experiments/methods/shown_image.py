"""The image that a recipe is about: one of the user's, or an exemplar of the unit's. Called by sweeps and attributions."""

from pathlib import Path

from experiments.contract.artifacts import Workshop
from experiments.contract.recipes import ImageRecipe
from experiments.datasets.images import cut_square, read_image
from experiments.datasets.pool import PoolImage
from experiments.datasets.sources import frame_largest
from experiments.methods.natural import choose, index_recipe, natural_activations, require_weights
from experiments.methods.pool_listing import ListedPool
from model_zoo.address import UnitAddress
from model_zoo.loading import load


def images_of(recipe: ImageRecipe, workshop: Workshop) -> tuple[PoolImage, PoolImage, list[str]]:
    """The image as the network sees it and as it is shown, and the digests that it comes from.

    An image that is not square is cut to the largest square in its middle.

    Raises:
        InputError: The path is that of no image, or the unit's exemplars were found with other weights.
    """
    if recipe.image:
        image = read_image(Path(recipe.image), field="image")
        framing = frame_largest(image.size)
        seen, shown = (
            PoolImage(source=recipe.image, box=framing.box, pixels=cut_square(image, framing.box, side=side, gray=framing.gray))
            for side in (recipe.size, recipe.shown_size)
        )
        return seen, shown, []
    natural = natural_activations(recipe, workshop)
    model = load(UnitAddress.parse(recipe.unit).model, device=workshop.device)
    require_weights(model.card, workshop.obtain(index_recipe(recipe)))
    chosen = choose(natural, counts={"max": recipe.rank + 1})["max"][recipe.rank]
    pool = ListedPool.of(recipe, workshop)
    seen, shown = (pool.read(chosen, side=side) for side in (recipe.size, recipe.shown_size))
    return seen, shown, [natural.digest, pool.listing.digest]
