"""Convolutional encoders of small images, as the experiments on representations train them: convolutions, pooling, a head."""

from collections.abc import Sequence
from itertools import pairwise
from typing import cast

from jaxtyping import Float
from torch import Tensor, nn

from model_zoo.catalogue import ModelCard
from model_zoo.sources.perceptron import OutputSpace, output_map

ELIGIBLE = "relu[0-9]"
"""The convolutions' rectified maps."""
PROBED = "flatten"
"""The layer whose output is the representation that is kept; what follows is the projection head."""


class ConvolutionalEncoder(nn.Module):
    """Takes RGB images of any size from 16 px; `conv1`, `relu1` … `average`, `flatten`, `hidden`, `hidden_relu`, `projection`."""

    def __init__(self, *, widths: Sequence[int], grid: int, hidden: int, latents: int, space: OutputSpace) -> None:
        """Of the channels `widths` each convolution halves the map; it is averaged to `grid` x `grid` cells.

        `hidden` units and `latents` outputs form the projection head; the outputs are mapped into `space`.
        """
        super().__init__()
        for number, (width_in, width_out) in enumerate(pairwise((3, *widths)), start=1):
            size = 5 if number == 1 else 3
            self.add_module(f"conv{number}", nn.Conv2d(width_in, width_out, kernel_size=size, stride=2, padding=size // 2))
            self.add_module(f"relu{number}", nn.ReLU())
        self.average = nn.AdaptiveAvgPool2d(grid)
        self.flatten = nn.Flatten()
        self.hidden = nn.Linear(widths[-1] * grid**2, hidden)
        self.hidden_relu = nn.ReLU()
        self.projection = nn.Linear(hidden, latents)
        self.space = output_map(space, latents=latents)
        self.depth = len(widths)
        self._start()

    def forward(self, images: Float[Tensor, "batch 3 height width"]) -> Float[Tensor, "batch latent"]:
        """The projections of preprocessed images."""
        return self.project(self.features(images))

    def features(self, images: Float[Tensor, "batch 3 height width"]) -> Float[Tensor, "batch feature"]:
        """What stands before the projection head, `widths[-1]` channels of each cell."""
        maps = images
        for number in range(1, self.depth + 1):
            maps = self.get_submodule(f"relu{number}")(self.get_submodule(f"conv{number}")(maps))
        return cast(Tensor, self.flatten(self.average(maps)))

    def project(self, features: Float[Tensor, "batch feature"]) -> Float[Tensor, "batch latent"]:
        """The head: features to points of the space."""
        return cast(Tensor, self.space(self.projection(self.hidden_relu(self.hidden(features)))))

    def _start(self) -> None:
        """He initialization, which keeps the variance through rectified layers without any normalization."""
        for module in self.modules():
            if isinstance(module, nn.Conv2d | nn.Linear):
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
                nn.init.zeros_(cast(Tensor, module.bias))


def build(model: ModelCard) -> nn.Module:
    """The network of a card whose spec holds `widths`, `grid`, `hidden`, `latents` and `space`."""
    spec = model.spec
    return ConvolutionalEncoder(
        widths=spec["widths"], grid=spec["grid"], hidden=spec["hidden"], latents=spec["latents"], space=spec["space"]
    )


def folded(network: nn.Module) -> tuple[nn.Module, frozenset[str]]:
    """The network itself: it has no normalization to fold."""
    return network, frozenset()
