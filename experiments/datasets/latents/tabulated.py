"""A law on an interval by a table of its distribution function: quantiles without rejection. Called by the conditionals."""

from dataclasses import dataclass
from typing import Self

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from scipy.integrate import cumulative_simpson
from torch import Tensor

NODES = 4096
NEWTON_STEPS = 4


@dataclass(frozen=True, kw_only=True)
class Tabulated:
    """Nodes at equal distances with the distribution function and its slope, between which cubic polynomials run."""

    nodes: Float[Tensor, " node"]
    below: Float[Tensor, " node"]
    """Probability of a value below the node."""
    density: Float[Tensor, " node"]

    @classmethod
    def of(cls, log_density: NDArray[np.float64], *, start: float, end: float) -> Self:
        """From the logarithm of an unnormalized smooth density at an odd number of nodes from start to end."""
        nodes = np.linspace(start, end, len(log_density))
        density = np.exp(log_density - log_density.max())
        below = cumulative_simpson(density, x=nodes, initial=0)
        kept = [torch.from_numpy(values) for values in (nodes, below / below[-1], density / below[-1])]
        return cls(nodes=kept[0], below=kept[1], density=kept[2])

    def to(self, device: torch.device) -> Self:
        """The same table on a device."""
        return type(self)(nodes=self.nodes.to(device), below=self.below.to(device), density=self.density.to(device))

    def cdf(self, values: Float[Tensor, "*batch"]) -> Float[Tensor, "*batch"]:
        """Probability of a value below these."""
        step = self.nodes[1] - self.nodes[0]
        places = ((values - self.nodes[0]) / step).clamp(0, len(self.nodes) - 1)
        left = places.long().clamp(max=len(self.nodes) - 2)
        return self._between(left, places - left)[0]

    def quantile(self, probabilities: Float[Tensor, "*batch"]) -> Float[Tensor, "*batch"]:
        """The values below which a probability lies: the root of the cubic polynomial between two nodes, by Newton steps."""
        left = (torch.searchsorted(self.below, probabilities, right=True) - 1).clamp(0, len(self.nodes) - 2)
        low, high = self.below[left], self.below[left + 1]
        share = ((probabilities - low) / (high - low).clamp(min=1e-300)).clamp(0, 1)
        for _ in range(NEWTON_STEPS):
            reached, slope = self._between(left, share)
            share = (share - (reached - probabilities) / slope.clamp(min=1e-300)).clamp(0, 1)
        return self.nodes[left] + share * (self.nodes[1] - self.nodes[0])

    def _between(self, left: Tensor, share: Tensor) -> tuple[Tensor, Tensor]:
        """The cubic Hermite polynomial at a share of the way to the next node, and its slope by the share."""
        step = self.nodes[1] - self.nodes[0]
        low, rise = self.below[left], self.below[left + 1] - self.below[left]
        first, last = self.density[left] * step, self.density[left + 1] * step
        square, cube = 3 * rise - 2 * first - last, first + last - 2 * rise
        value = low + share * (first + share * (square + share * cube))
        return value, first + share * (2 * square + 3 * share * cube)
