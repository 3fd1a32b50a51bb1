"""Linear read-outs that part the boundary points of each image from its inner ones, and the exact answer whether one exists."""

from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Bool, Float
from scipy.optimize import linprog
from torch import Tensor

from experiments.methods.attacks.logistic import logistic_regressions


class Readouts(NamedTuple):
    """Scores are `features @ weight + bias`, of the features as they are."""

    weight: Float[Tensor, "problem feature"]
    bias: Float[Tensor, " problem"]
    scores: Float[Tensor, "problem point"]
    separates: Bool[Tensor, " problem"]
    """Whether each point of class 1 scores above each of class 0."""


def fit(features: Float[Tensor, "problem point feature"], labels: Bool[Tensor, " point"]) -> Readouts:
    """Unpenalized logistic regressions, in double precision, on features brought to one scale."""
    points = features.double()
    center, spread = _standards(points)
    standard = torch.cat([(points - center) / spread, torch.ones_like(points[..., :1])], 2)
    signs = torch.where(labels, 1.0, -1.0).to(points)
    weights = logistic_regressions(standard, signs)
    scores = torch.einsum("bnf,bf->bn", standard, weights)
    separates = scores[:, labels].amin(1) > scores[:, ~labels].amax(1)
    weight = weights[:, :-1] / spread[:, 0]
    return Readouts(weight, weights[:, -1] - (weight * center[:, 0]).sum(1), scores, separates)


def separable(features: Float[Tensor, "point feature"], labels: Bool[Tensor, " point"]) -> bool:
    """Whether any linear read-out separates the points, by linear programming (HiGHS): sign * (w f + b) >= 1 for all."""
    points = features.double()[None]
    center, spread = _standards(points)
    standard = ((points - center) / spread)[0].cpu().numpy()
    signs = np.where(labels.cpu().numpy(), 1.0, -1.0)
    table = -signs[:, None] * np.hstack([standard, np.ones((len(standard), 1))])
    found = linprog(np.zeros(table.shape[1]), A_ub=table, b_ub=-np.ones(len(standard)), bounds=(None, None), method="highs")
    return bool(found.status == 0)


def _standards(
    points: Float[Tensor, "problem point feature"],
) -> tuple[Float[Tensor, "problem 1 feature"], Float[Tensor, "problem 1 1"]]:
    """Mean of each feature, and one spread for all of them; 1 where nothing varies.

    Each feature by its own spread would put large weights on features that are almost silent at the image, whose gradient there
    vanishes: attacks would fail a test that has nothing to do with the defence.
    """
    center = points.mean(1, keepdim=True)
    spread = (points - center).square().mean((1, 2), keepdim=True).sqrt()
    return center, torch.where(spread > 0, spread, 1.0)
