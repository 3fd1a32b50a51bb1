"""How alike natural images and visualizations are on their way through a network (Geirhos, Zimmermann et al. 2024)."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from experiments.contract.fields import require, require_range
from experiments.contract.recipes.base import MAX_SIDE, Recipe, require_pool
from model_zoo.address import UnitAddress
from model_zoo.catalogue import card, check_unit


@dataclass(frozen=True, kw_only=True)
class PathSimilarity(Recipe):
    """Similarity of each class's visualizations to its natural images in every layer, between two natural baselines.

    File: `similarities.json`, by measure and layer the two baselines and the visualizations of each class.
    """

    kind: ClassVar[str] = "path_similarity"
    model: str
    classifier: str
    """Layer whose channels are the classes; the visualizations are those of its units."""
    layers: str
    """Names joined by commas, in the network's order."""
    classes: Literal["own", "folder"] = "own"
    """An image's class: the network's own largest logit, or the number that the first folder of its source's name is."""
    least_images: int = 4
    """A class takes part if it has images of so many different sources."""
    most_images: int = 20
    """Of a class; more are drawn from."""
    most_classes: int = 20
    """Those with the most images."""
    visualizations: int = 10
    """Of each class, from different random starts."""
    size: int = 128
    """Side in px of natural images and visualizations."""
    steps: int = 128
    transforms: Literal["standard", "published", "none"] = "standard"
    seed: int = 0
    pool: str = "photographs+stamps"
    pool_size: int = 400

    def __post_init__(self) -> None:
        last = UnitAddress.parse(f"{self.model}/{self.classifier}:0")
        object.__setattr__(self, "classifier", check_unit(last, aggregation="mean").layer)
        require(bool(self.layer_names), "layers", "there are none", "Give names joined by commas")
        for layer in self.layer_names:
            known = card(self.model).layers
            require(layer in known, "layers", f"{self.model} has no layer {layer!r}", f"Choose among {', '.join(known)}")
        require_pool(self, self.pool)
        require_range(self, "least_images", 2, 1000)
        require_range(self, "most_images", self.least_images, 1000)
        require_range(self, "most_classes", 2, 1000)
        require_range(self, "visualizations", 1, 64)
        require_range(self, "size", 32, MAX_SIDE)
        require_range(self, "steps", 1, 20_000)

    @property
    def pool_resolution(self) -> int:
        """Side in px at which natural images are shown: that of the visualizations, so that activations can be compared."""
        return self.size

    @property
    def layer_names(self) -> tuple[str, ...]:
        """The layers that are compared."""
        return tuple(filter(None, self.layers.split(",")))
