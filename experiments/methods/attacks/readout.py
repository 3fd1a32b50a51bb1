"""Linear read-outs that part the boundary points of each image from its inner ones, and the exact answer whether one exists."""

from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Bool, Float
from scipy.optimize import linprog
from torch import Tensor

from experiments.methods.attacks.logistic import logistic_regressions, products

SOLVED, INFEASIBLE = 0, 2
"""Answers of scipy's linear programs."""
ITERATIONS = 10**6


class Readouts(NamedTuple):
    """Scores are `features @ weight + bias`, of the features as they are."""

    weight: Float[Tensor, "problem feature"]
    bias: Float[Tensor, " problem"]
    scores: Float[Tensor, "problem point"]
    separates: Bool[Tensor, " problem"]
    """Whether each point of class 1 scores above each of class 0."""


def fit(features: Float[Tensor, "problem point feature"], labels: Bool[Tensor, " point"]) -> Readouts:
    """Unpenalized logistic regressions, in double precision, on features brought to one scale."""
    standard, center, spread = _standardized(features)
    signs = torch.where(labels, 1.0, -1.0).to(standard)
    weights = logistic_regressions(standard, signs)
    scores = products(standard, weights)
    least, most = scores[:, labels].amin(1), scores[:, ~labels].amax(1)
    # Where the order is right and only the threshold 0 is not between the classes, it is moved there.
    moved = torch.where((least > most) & ((least <= 0) | (most >= 0)), (least + most) / 2, 0.0)
    weight = weights[:, :-1] / spread[:, 0]
    bias = weights[:, -1] - moved - (weight * center[:, 0]).sum(1)
    return Readouts(weight, bias, scores - moved[:, None], least > most)


def separable(
    features: Float[Tensor, "point feature"], labels: Bool[Tensor, " point"], *, iterations: int = ITERATIONS
) -> bool | None:
    """Whether any linear read-out separates the points, by linear programming (HiGHS): sign * (w f + b) >= 1 for all.

    None: it was not decided, within the iterations or for numerical difficulties.
    """
    table = _standardized(features[None])[0][0].cpu().numpy()
    signs = np.where(labels.cpu().numpy(), 1.0, -1.0)
    unknown = np.zeros(table.shape[1])
    found = linprog(
        unknown,
        A_ub=-signs[:, None] * table,
        b_ub=-np.ones(len(table)),
        bounds=(None, None),
        method="highs",
        options={"maxiter": iterations},
    )
    return {SOLVED: True, INFEASIBLE: False}.get(found.status)


def _standardized(
    features: Float[Tensor, "problem point feature"],
) -> tuple[Float[Tensor, "problem point feature+1"], Float[Tensor, "problem 1 feature"], Float[Tensor, "problem 1 1"]]:
    """Features less their mean, by one spread for all of them, and a constant 1 for the bias; then that mean and spread.

    Each feature by its own spread would put large weights on features that are almost silent at the image, whose gradient there
    vanishes: attacks would fail a test that has nothing to do with the defence.
    """
    center = features.double().mean(1, keepdim=True)
    standard = torch.ones((*features.shape[:2], features.shape[2] + 1), dtype=torch.float64, device=features.device)
    inputs = standard[..., :-1]
    torch.sub(features.double(), center, out=inputs)
    spread: Tensor = torch.linalg.vector_norm(inputs, dim=(1, 2), keepdim=True) / inputs[0].numel() ** 0.5
    # Where nothing varies there is nothing to divide.
    spread = torch.where(spread > 0, spread, 1.0)
    inputs /= spread
    return standard, center, spread
