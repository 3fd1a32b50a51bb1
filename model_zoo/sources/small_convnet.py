"""A convolutional network small enough to be trained here: three convolutions, global average pooling, a linear classifier."""

from jaxtyping import Float
from torch import Tensor, nn

from model_zoo.catalogue import ModelCard

ELIGIBLE = "relu[0-9]"


class SmallConvnet(nn.Module):
    """Takes RGB images of any size; its parts have names of their own, so that each can be addressed or exchanged."""

    def __init__(self, *, widths: tuple[int, int, int], classes: int) -> None:
        """`widths` are the channels of the three convolutions, of which the first two halve the map."""
        super().__init__()
        first, second, third = widths
        self.conv1 = nn.Conv2d(3, first, kernel_size=5, stride=2, padding=2)
        self.relu1 = nn.ReLU()
        self.conv2 = nn.Conv2d(first, second, kernel_size=5, stride=2, padding=2)
        self.relu2 = nn.ReLU()
        self.conv3 = nn.Conv2d(second, third, kernel_size=3, padding=1)
        self.relu3 = nn.ReLU()
        self.average = nn.AdaptiveAvgPool2d(1)
        self.flatten = nn.Flatten()
        self.logits = nn.Linear(third, classes)

    def forward(self, images: Float[Tensor, "batch 3 height width"]) -> Float[Tensor, "batch class"]:
        """The logits of preprocessed images."""
        maps = self.relu1(self.conv1(images))
        maps = self.relu2(self.conv2(maps))
        maps = self.relu3(self.conv3(maps))
        logits: Float[Tensor, "batch class"] = self.logits(self.flatten(self.average(maps)))
        return logits


def build(model: ModelCard) -> nn.Module:
    """The network of a card whose spec holds `widths` and `classes`."""
    first, second, third = model.spec["widths"]
    return SmallConvnet(widths=(first, second, third), classes=model.spec["classes"])


def folded(network: nn.Module) -> tuple[nn.Module, frozenset[str]]:
    """The network itself: it has no normalization to fold."""
    return network, frozenset()
