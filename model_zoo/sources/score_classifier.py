"""Classifies by the class under which a score network best tells noise from image (Li et al. 2023; Clark & Jaini 2023).

The noise, its times and the dequantization are fixed buffers: the same images have the same scores, with exact gradients.
"""

from typing import Any, cast

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

from model_zoo.catalogue import ModelCard
from model_zoo.sources.score_network import ScoreNetwork

ELIGIBLE = r"classifier[.]network[.]encoder[.](blocks[.][0-9]+([.]act)?|layers[.][0-9]+|halvings[.][0-9]+)"
AT_ONCE = 16
"""Samples of noise in one pass of the network."""


class NoiseClassifier(nn.Module):
    """A network and its bank of noise; takes images in [0, 1] with the network's channels and size."""

    def __init__(self, network: ScoreNetwork, *, levels: int, samples: int) -> None:
        """The bank means nothing until it is filled: from a file of weights, or by whoever knows the diffusion."""
        super().__init__()
        self.network, self.levels = network, levels
        for name in ("times", "scales", "deviations", "weights"):
            self.register_buffer(name, torch.ones(samples))
        self.register_buffer("noise", torch.zeros(samples, *network.shape))
        self.register_buffer("offsets", torch.full(network.shape, 0.5))

    def forward(self, images: Float[Tensor, "batch channel height width"]) -> Float[Tensor, "batch class"]:
        """Scores: minus the weighted errors, summed over pixels, mean over the bank."""
        labels = torch.arange(self.network.classes, device=images.device).expand(len(images), -1)
        return -self.errors(images, labels, first=0, last=len(cast(Tensor, self.times))) / len(cast(Tensor, self.times))

    def errors(
        self,
        images: Float[Tensor, "batch channel height width"],
        labels: Int[Tensor, "batch candidate"],
        *,
        first: int,
        last: int,
    ) -> Float[Tensor, "batch candidate"]:
        """Of each candidate class, summed over the samples from `first` to before `last`."""
        # Dequantized with offsets that stay, in [-1, 1].
        points = (images * (self.levels - 1) + cast(Tensor, self.offsets)) * (2 / self.levels) - 1
        total = images.new_zeros(labels.shape)
        for start in range(first, last, AT_ONCE):
            total = total + self._errors(points, labels, slice(start, min(start + AT_ONCE, last)))
        return total

    def _errors(self, points: Tensor, labels: Tensor, part: slice) -> Float[Tensor, "batch candidate"]:
        """All images with all noise of a part, encoded once for all classes."""
        noise, times = cast(Tensor, self.noise)[part], cast(Tensor, self.times)[part]
        scales, deviations = (cast(Tensor, one)[part, None, None, None] for one in (self.scales, self.deviations))
        noised = (points[:, None] * scales + deviations * noise).flatten(0, 1)
        predicted = self.network.all_classes(noised, times.repeat(len(points)), labels.repeat_interleave(len(times), dim=0))
        missed = predicted.view(len(points), len(times), *predicted.shape[1:]) - noise[:, None]
        weights = cast(Tensor, self.weights)[part, None]
        return (missed.square().sum(dim=(3, 4, 5)) * weights).sum(1)


class ScoreClassifier(nn.Module):
    """The classifier as a model of the zoo: takes preprocessed RGB images of any size, from -1 to 1."""

    def __init__(self, classifier: NoiseClassifier) -> None:
        super().__init__()
        self.classifier = classifier

    def forward(self, images: Float[Tensor, "batch 3 height width"]) -> Float[Tensor, "batch class"]:
        """Scores of the images, made gray if the network's are, at its size."""
        channels, height, width = self.classifier.network.shape
        seen = images.mean(dim=1, keepdim=True) if channels == 1 else images
        return cast(Tensor, self.classifier(functional.adaptive_avg_pool2d(seen, (height, width)) / 2 + 0.5))


def build(model: ModelCard) -> nn.Module:
    """The network of a card whose spec holds `network` (the arguments of `ScoreNetwork`), `levels` and `samples`."""
    spec: dict[str, Any] = dict(model.spec)
    network = ScoreNetwork.of(spec["network"])
    return ScoreClassifier(NoiseClassifier(network, levels=spec["levels"], samples=spec["samples"]))


def folded(network: nn.Module) -> tuple[nn.Module, frozenset[str]]:
    """The network itself: it has no normalization to fold."""
    return network, frozenset()
