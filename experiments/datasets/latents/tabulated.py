"""A law on an interval by a table of its distribution function: quantiles without rejection. Called by the conditionals."""

from dataclasses import dataclass
from typing import Self

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from scipy.integrate import cumulative_simpson
from torch import Tensor

INTERVALS = 4096
NEWTON_STEPS = 4


@dataclass(frozen=True, kw_only=True)
class Tabulated:
    """Nodes at equal distances with the distribution function and its slope, between which cubic polynomials run."""

    nodes: Float[Tensor, " node"]
    below: Float[Tensor, " node"]
    """Probability of a value below the node."""
    density: Float[Tensor, " node"]

    @classmethod
    def of(cls, nodes: NDArray[np.float64], *, below: NDArray[np.float64], density: NDArray[np.float64]) -> Self:
        """From values at nodes at equal distances."""
        return cls(nodes=torch.from_numpy(nodes), below=torch.from_numpy(below), density=torch.from_numpy(density))

    @classmethod
    def integrated(cls, nodes: NDArray[np.float64], *, log_density: NDArray[np.float64]) -> Self:
        """From the logarithm of a smooth density that need not be normalized, at an odd number of nodes."""
        density = np.exp(log_density - log_density.max())
        # Where the density is all but 0, rounding lets sums fall; a search needs them to rise.
        below = np.maximum.accumulate(cumulative_simpson(density, x=nodes, initial=0))
        return cls.of(nodes, below=below / below[-1], density=density / below[-1])

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
