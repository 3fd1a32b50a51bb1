"""What an image is optimized for, as values that can be added, scaled and negated. Everything here is to be maximized.

An objective gives one number per image of a batch. Lucent minimizes instead: its objectives are the negative of these.
"""

import operator
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from experiments.contract.errors import InputError
from model_zoo.activations import aggregate
from model_zoo.address import Index, UnitAddress

Outputs = Mapping[str, Tensor]
"""Of each layer that an objective reads, its output for the batch."""


class Objective(ABC):
    """Something that can be maximized."""

    @property
    @abstractmethod
    def layers(self) -> frozenset[str]:
        """Names of the layers that it reads."""

    @abstractmethod
    def values(self, outputs: Outputs) -> Float[Tensor, " batch"]:
        """One number per image."""

    def __add__(self, other: "Objective") -> "Objective":
        return Sum(terms=((1.0, self), (1.0, other)))

    def __sub__(self, other: "Objective") -> "Objective":
        return Sum(terms=((1.0, self), (-1.0, other)))

    def __neg__(self) -> "Objective":
        return Sum(terms=((-1.0, self),))

    def __mul__(self, weight: float) -> "Objective":
        return Sum(terms=((weight, self),))

    __rmul__ = __mul__


@dataclass(frozen=True, kw_only=True)
class Sum(Objective):
    """A weighted sum of objectives."""

    terms: tuple[tuple[float, Objective], ...]

    @property
    def layers(self) -> frozenset[str]:
        """Those of all terms."""
        return frozenset[str]().union(*(objective.layers for _, objective in self.terms))

    def values(self, outputs: Outputs) -> Float[Tensor, " batch"]:
        """The sum, image by image."""
        return reduce(operator.add, (weight * objective.values(outputs) for weight, objective in self.terms))


@dataclass(frozen=True, kw_only=True)
class Channel(Objective):
    """A channel of a layer, aggregated; or, with a position and the aggregation `position`, a neuron."""

    layer: str
    channel: int
    aggregation: str = "mean"
    row: Index | None = None
    column: Index | None = None

    @property
    def layers(self) -> frozenset[str]:
        """The one layer."""
        return frozenset({self.layer})

    def values(self, outputs: Outputs) -> Float[Tensor, " batch"]:
        """The activation of the same unit in every image."""
        activations = aggregate(outputs[self.layer], aggregation=self.aggregation, row=self.row, column=self.column)
        return activations[:, self.channel]


@dataclass(frozen=True, kw_only=True)
class Direction(Objective):
    """A direction among the channels of a layer: the inner product of a unit vector and the aggregated activations.

    Linear, so that the direction of one channel is that channel; lucent's objective of this name is the cosine instead.
    """

    layer: str
    vector: Sequence[float]
    aggregation: str = "mean"
    row: Index | None = None
    column: Index | None = None

    @property
    def layers(self) -> frozenset[str]:
        """The one layer."""
        return frozenset({self.layer})

    def values(self, outputs: Outputs) -> Float[Tensor, " batch"]:
        """The inner product for each image.

        Raises:
            InputError: The vector has another length than the layer has channels, or is zero.
        """
        activations = aggregate(outputs[self.layer], aggregation=self.aggregation, row=self.row, column=self.column)
        vector = torch.tensor(self.vector, dtype=activations.dtype, device=activations.device)
        if len(vector) != activations.shape[1] or not vector.any():
            message = f"a direction in {self.layer} has {activations.shape[1]} numbers, not all zero; these are {len(vector)}"
            raise InputError(field="vector", message=message, remedy="Give one number per channel")
        return activations @ functional.normalize(vector, dim=0)


@dataclass(frozen=True, kw_only=True)
class Units(Objective):
    """For image i of the batch the activation of unit i; a channel, or a neuron where the address has a position."""

    addresses: Sequence[UnitAddress]
    aggregation: str = "mean"

    @property
    def layers(self) -> frozenset[str]:
        """Those of all units."""
        return frozenset(address.layer for address in self.addresses)

    def values(self, outputs: Outputs) -> Float[Tensor, " batch"]:
        """The activation of each image's own unit."""
        values: list[Tensor | None] = [None] * len(self.addresses)
        for layer, row, column in dict.fromkeys((a.layer, a.row, a.column) for a in self.addresses):
            activations = aggregate(outputs[layer], aggregation=self.aggregation, row=row, column=column)
            for i, address in enumerate(self.addresses):
                if (address.layer, address.row, address.column) == (layer, row, column):
                    values[i] = activations[i, address.channel]
        return torch.stack([value for value in values if value is not None])


@dataclass(frozen=True, kw_only=True)
class Diversity(Objective):
    """How little each image resembles the others of the batch: minus the sum of the cosines of their Gram matrices at a layer.

    A Gram matrix is over the positions of a map, or over the tokens after the class token. Averaged over the batch it is the
    diversity of Lucid (Olah et al. 2017).
    """

    layer: str

    @property
    def layers(self) -> frozenset[str]:
        """The one layer."""
        return frozenset({self.layer})

    def values(self, outputs: Outputs) -> Float[Tensor, " batch"]:
        """Minus the summed similarities of each image.

        Raises:
            InputError: The layer has neither maps nor tokens.
        """
        output = outputs[self.layer]
        if output.ndim == 2:
            message = f"{self.layer} has neither maps nor tokens"
            raise InputError(field="diversity", message=message, remedy="Give diversity 0 or another layer")
        maps = (output[:, 1:].transpose(1, 2) if output.ndim == 3 else output.flatten(2)).float()
        grams = functional.normalize((maps @ maps.transpose(1, 2)).flatten(1))
        # A matrix paired with itself gives 1.
        return 1 - grams @ grams.sum(dim=0)
