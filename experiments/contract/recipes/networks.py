"""Networks that are trained here, in seconds to minutes, so that experiments have one whose training is known."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from experiments.contract.fields import require_range
from experiments.contract.recipes.base import Recipe


@dataclass(frozen=True, kw_only=True)
class Network(Recipe):
    """A small convolutional network for 32 px images, trained on a labeled data set.

    Files: `card.json` and `weights.safetensors`: the model `local.<first 12 digits of the digest>`. `values` holds
    `accuracy_train` and `accuracy_test`, and the seeds.
    """

    kind: ClassVar[str] = "network"
    data: Literal["digits"] = "digits"
    width: int = 16
    """Channels of the first convolution; the second and third have twice as many."""
    epochs: int = 10
    seed: int = 0
    """Of the first weights and of the order of the images; the split into training and test images is the data set's own."""

    def __post_init__(self) -> None:
        require_range(self, "width", 1, 1024)
        require_range(self, "epochs", 1, 1000)
        require_range(self, "seed", 0, 2**32 - 1)
