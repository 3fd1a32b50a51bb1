"""The networks of the baselines, from images with values in [0, 1] to logits or log-densities of every class."""

import torch
import zuko
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

from experiments.papers.zimmermann2021_sbgc.baselines.configuration import Discriminative, Flow
from experiments.papers.zimmermann2021_sbgc.baselines.data import CLASSES, SHAPES
from model_zoo.sources.small_convnet import SmallConvnet


class Enlarged(nn.Module):
    """A network of the zoo that sees the images enlarged, in three channels, from -1 to 1."""

    def __init__(self, network: SmallConvnet, *, side: int) -> None:
        super().__init__()
        self.network, self.side = network, side

    def forward(self, images: Float[Tensor, "batch channel height width"]) -> Float[Tensor, "batch class"]:
        """The logits."""
        large = functional.interpolate(images, size=self.side, mode="bilinear")
        logits: Float[Tensor, "batch class"] = self.network(2 * large.expand(-1, 3, -1, -1) - 1)
        return logits


class ConditionalFlow(nn.Module):
    """A density of images from -1 to 1 for every class."""

    def __init__(self, configuration: Flow) -> None:
        super().__init__()
        size = torch.Size(SHAPES[configuration.data]).numel()
        shape = {"transforms": configuration.transforms, "hidden_features": configuration.hidden, "randperm": True}
        self.flow = (
            zuko.flows.MAF(size, CLASSES, **shape)
            if configuration.bins == 1
            else zuko.flows.NSF(size, CLASSES, bins=configuration.bins, **shape)
        )

    def forward(
        self, images: Float[Tensor, "batch channel height width"], labels: Int[Tensor, " batch"]
    ) -> Float[Tensor, " batch"]:
        """Log-densities given these classes, in nats."""
        given = functional.one_hot(labels, CLASSES).to(images.dtype)
        densities: Float[Tensor, " batch"] = self.flow(given).log_prob(images.flatten(1))
        return densities


def discriminative_of(configuration: Discriminative, *, seed: int) -> Enlarged:
    """Random weights that follow from the seed; torch draws them from its global generator, which is put back afterwards."""
    first, second, third = configuration.widths
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return Enlarged(SmallConvnet(widths=(first, second, third), classes=CLASSES), side=configuration.side)


def flow_of(configuration: Flow, *, seed: int) -> ConditionalFlow:
    """The same of a flow."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return ConditionalFlow(configuration)
