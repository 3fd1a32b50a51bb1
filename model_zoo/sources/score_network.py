"""Networks that predict the noise in an image at a time of a diffusion, given its class: a perceptron, and a small U-Net.

Both read the image and the time before they are told the class, so that one encoding serves all classes and has units of its own.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any, Literal, Self, cast

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

from model_zoo.errors import InputError
from model_zoo.sources.score_unet import ImageDecoder, ImageEncoder

FREQUENCIES = 32
FASTEST = 1000.0
"""Frequencies of the embedding of time, which runs from 0 to 1, rise geometrically from 1 to this many radians."""
Body = Literal["perceptron", "unet"]


class Times(nn.Module):
    """Embeds times as sines and cosines."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.register_buffer("frequencies", FASTEST ** torch.linspace(0, 1, FREQUENCIES), persistent=False)
        self.mix = nn.Sequential(nn.Linear(2 * FREQUENCIES, width), nn.SiLU())

    def forward(self, times: Float[Tensor, " batch"]) -> Float[Tensor, "batch width"]:
        """An embedding that each layer may turn to its needs."""
        angles = times[:, None] * cast(Tensor, self.frequencies)
        return cast(Tensor, self.mix(torch.cat([angles.sin(), angles.cos()], dim=1)))


class Block(nn.Module):
    """A residual layer, scaled and shifted by a condition (FiLM, Perez et al. 2018)."""

    def __init__(self, *, width: int, condition: int, dropout: float) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width, elementwise_affine=False)
        self.film = nn.Linear(condition, 2 * width)
        self.rise = nn.Linear(width, width)
        self.act = nn.SiLU()
        self.dropout = nn.Dropout(dropout)
        self.fall = nn.Linear(width, width)

    def forward(
        self, features: Float[Tensor, "batch width"], condition: Float[Tensor, "batch condition"]
    ) -> Float[Tensor, "batch width"]:
        """The features with what the layer adds."""
        scale, shift = self.film(condition).chunk(2, dim=1)
        inner = self.norm(features) * (1 + scale) + shift
        return features + cast(Tensor, self.fall(self.dropout(self.act(self.rise(inner)))))


class FlatEncoder(nn.Module):
    """All pixels at once, and blocks that know the time."""

    def __init__(self, *, pixels: int, width: int, blocks: int, dropout: float) -> None:
        super().__init__()
        self.enter = nn.Linear(pixels, width)
        self.blocks = nn.ModuleList(Block(width=width, condition=width, dropout=dropout) for _ in range(blocks))

    def forward(
        self, points: Float[Tensor, "batch ..."], condition: Float[Tensor, "batch width"]
    ) -> tuple[Float[Tensor, "batch width"]]:
        """One vector an image."""
        features = self.enter(points.flatten(1))
        for block in self.blocks:
            features = block(features, condition)
        return (features,)


class FlatDecoder(nn.Module):
    """Blocks that know time and class, and all pixels at once."""

    def __init__(self, *, shape: tuple[int, int, int], width: int, blocks: int, dropout: float) -> None:
        super().__init__()
        self.shape = shape
        self.blocks = nn.ModuleList(Block(width=width, condition=width, dropout=dropout) for _ in range(blocks))
        self.norm = nn.LayerNorm(width)
        self.leave = nn.Linear(width, math.prod(shape))

    def forward(
        self, encoded: Sequence[Float[Tensor, "batch width"]], condition: Float[Tensor, "batch width"]
    ) -> Float[Tensor, "batch channel height width"]:
        """What is added to the image."""
        (features,) = encoded
        for block in self.blocks:
            features = block(features, condition)
        return cast(Tensor, self.leave(self.norm(features))).view(-1, *self.shape)


class ScoreNetwork(nn.Module):
    """An encoder without and a decoder with the class; class number `classes` means that the class is not told."""

    def __init__(
        self,
        *,
        body: Body,
        shape: tuple[int, int, int],
        classes: int,
        width: int,
        blocks: int,
        attention: int = 0,
        dropout: float = 0.0,
        deviations: tuple[float, ...] = (),
    ) -> None:
        """`shape` is channels, height and width of the images, `width` that of hidden layers (of a U-Net: its first channels).

        `blocks` are those of the encoder and of the decoder each (of a U-Net: the halvings of the map), `attention` the heads at
        the smallest map, 0 for none, `deviations` the lowest and highest of noise that explodes; without them inputs have
        variances about 1.

        Raises:
            InputError: A U-Net cannot halve the images so often.
        """
        super().__init__()
        self.shape, self.classes, self.deviations = shape, classes, tuple(deviations)
        embedding = width if body == "perceptron" else 4 * width
        self.times = Times(embedding)
        self.classes_embedded = nn.Embedding(classes + 1, embedding)
        if body == "perceptron":
            self.encoder: nn.Module = FlatEncoder(pixels=math.prod(shape), width=width, blocks=blocks, dropout=dropout)
            self.decoder: nn.Module = FlatDecoder(shape=shape, width=width, blocks=blocks, dropout=dropout)
        else:
            fits = all(side % 2**blocks == 0 for side in shape[1:])
            if not fits:
                remedy = f"Give images whose sides are multiples of {2**blocks}, or fewer blocks"
                raise InputError(field="shape", message=f"{shape[1:]} cannot be halved {blocks} times", remedy=remedy)
            widths = [width * min(2**level, 4) for level in range(blocks + 1)]
            self.encoder = ImageEncoder(channels=shape[0], widths=widths, condition=embedding)
            self.decoder = ImageDecoder(channels=shape[0], widths=widths, condition=embedding, heads=attention, dropout=dropout)

    @classmethod
    def of(cls, spec: Mapping[str, Any]) -> Self:
        """The network with the arguments that stand in a card."""
        channels, height, width = spec["shape"]
        return cls(**{**spec, "shape": (channels, height, width), "deviations": tuple(spec["deviations"])})

    def forward(
        self,
        points: Float[Tensor, "batch channel height width"],
        times: Float[Tensor, " batch"],
        labels: Int[Tensor, " batch"],
    ) -> Float[Tensor, "batch channel height width"]:
        """The noise in points at times, given their classes; times run from 0 to 1."""
        return self.decode(self.encode(points, times), labels)

    def encode(self, points: Float[Tensor, "batch channel height width"], times: Float[Tensor, " batch"]) -> list[Tensor]:
        """What is known before the class: features, the embedded times, and the inputs."""
        inputs = points
        if self.deviations:
            lowest, highest = self.deviations
            variances = (lowest * (highest / lowest) ** times).square()
            inputs = points / (1 + variances).sqrt()[:, None, None, None]
        condition = self.times(times)
        return [*self.encoder(inputs, condition), condition, inputs]

    def decode(self, encoded: Sequence[Tensor], labels: Int[Tensor, " batch"]) -> Float[Tensor, "batch channel height width"]:
        """The noise, given classes."""
        *features, condition, inputs = encoded
        told = functional.silu(condition + self.classes_embedded(labels))
        return inputs + cast(Tensor, self.decoder(features, told))

    def all_classes(
        self,
        points: Float[Tensor, "batch channel height width"],
        times: Float[Tensor, " batch"],
        classes: Int[Tensor, "*batch class"],
    ) -> Float[Tensor, "batch class channel height width"]:
        """The noise given each of several classes, the same for all points or some for each; points are encoded once."""
        labels = classes.expand(len(points), -1)
        encoded = [one.repeat_interleave(labels.shape[1], dim=0) for one in self.encode(points, times)]
        noise = self.decode(encoded, labels.flatten())
        return noise.view(*labels.shape, *self.shape)
