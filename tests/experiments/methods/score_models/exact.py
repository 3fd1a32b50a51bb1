"""Distributions whose scores under a diffusion are known: what trained networks are measured against."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from experiments.methods.score_models.diffusions import Diffusion

MEANS = torch.tensor([[0.2, -0.2], [-0.2, 0.2]], dtype=torch.float64)
COVARIANCE = torch.tensor([[0.3, 0.1], [0.1, 0.2]], dtype=torch.float64)
POINTS = torch.tensor([[0.2, 0.3], [-0.5, 0.1], [0.7, -0.4]], dtype=torch.float64)


class ExactMixture:
    """A network that knows: the noise in points of a mixture of two normal distributions; class 0 or 1 tells the component."""

    def __init__(self, diffusion: Diffusion, *, means: Tensor = MEANS, covariance: Tensor = COVARIANCE) -> None:
        self.diffusion, self.means, self.covariance = diffusion, means, covariance

    def log_densities(self, points: Tensor, times: Tensor) -> Tensor:
        """Of each component, and of the mixture behind them."""
        scale, deviation = self.diffusion.moments(times)
        noise = torch.eye(points.shape[1], dtype=points.dtype)
        covariance = scale[:, None, None].square() * self.covariance + deviation[:, None, None].square() * noise
        normal = [torch.distributions.MultivariateNormal(scale[:, None] * mean, covariance) for mean in self.means]
        each = torch.stack([one.log_prob(points) for one in normal], dim=1)
        return torch.cat([each, each.logsumexp(dim=1, keepdim=True) - math.log(len(self.means))], dim=1)

    def __call__(self, points: Tensor, times: Tensor, labels: Tensor) -> Tensor:
        """In the coordinates in which the covariance is diagonal, at all times."""
        scale, deviation = (one[:, None, None] for one in self.diffusion.moments(times))
        variances, axes = torch.linalg.eigh(self.covariance)
        spread = scale.square() * variances + deviation.square()
        scores = (scale * (self.means @ axes) - (points @ axes)[:, None]) / spread
        shares = (-0.5 * scores.square() * spread).sum(2).softmax(dim=1)
        told = torch.cat([scores, (shares[..., None] * scores).sum(1, keepdim=True)], dim=1)
        score = told.gather(1, labels[:, None, None].expand(-1, 1, 2))[:, 0] @ axes.T
        return -score * deviation[:, 0]

    def at_start(self, points: Tensor, labels: Sequence[int]) -> Tensor:
        """Exact log densities at the time at which images are taken to be."""
        times = torch.full((len(points),), self.diffusion.earliest, dtype=points.dtype)
        return self.log_densities(points, times).gather(1, torch.tensor(labels)[:, None])[:, 0]
