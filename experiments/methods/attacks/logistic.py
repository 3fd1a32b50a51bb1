"""Logistic regressions of many problems side by side: L-BFGS, with a line search for each. Called by `readout.fit`."""

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

COST = 1e8
"""scikit-learn's C: nothing to speak of against the length of the weights."""
TOLERANCE = 1e-8
"""Of the largest entry of the gradient of the mean loss."""
STEPS = 2000
MEMORY = 10
TRIALS = 30
DECREASE, CURVATURE = 1e-4, 0.9
"""Conditions of Wolfe on a step."""


def logistic_regressions(
    points: Float[Tensor, "problem point feature"], signs: Float[Tensor, " point"]
) -> Float[Tensor, "problem feature"]:
    """Weights that minimize, from zero, mean log(1 + exp(-sign * score)) + |w|² / (2 COST points), for each problem apart.

    As scikit-learn's solver (Liu & Nocedal 1989); the last feature is taken to be the constant of the bias, which is free. On
    separable points there is no optimum to speak of: what is returned is where the gradient vanishes first.
    """
    free = torch.full((points.shape[2],), 1 / (COST * points.shape[1]), dtype=points.dtype, device=points.device)
    free[-1] = 0
    weights = torch.zeros_like(points[:, 0])
    scores = torch.zeros_like(points[..., 0])
    gradients = _gradients(points, signs, scores, weights, free)
    steps: list[Tensor] = []
    changes: list[Tensor] = []
    for _ in range(STEPS):
        done = gradients.abs().amax(1) <= TOLERANCE
        if bool(done.all()):
            break
        directions = -_preconditioned(gradients, steps, changes)
        along = products(points, directions)
        first = 1.0 if steps else (1 / gradients.norm(dim=1)).clamp(max=1)
        lengths = _lengths(signs * scores, signs * along, weights, directions, free, first=first)
        lengths = torch.where(done, 0.0, lengths)
        step = lengths[:, None] * directions
        weights, scores = weights + step, scores + lengths[:, None] * along
        following = _gradients(points, signs, scores, weights, free)
        steps, changes = [*steps, step][-MEMORY:], [*changes, following - gradients][-MEMORY:]
        gradients = following
    return weights


def products(
    points: Float[Tensor, "problem point feature"], weights: Float[Tensor, "problem feature"]
) -> Float[Tensor, "problem point"]:
    """The scalar product of each point with the weights of its problem; a batched product is several times slower on a CPU."""
    return torch.stack([rows @ vector for rows, vector in zip(points, weights, strict=True)])


def _gradients(points: Tensor, signs: Tensor, scores: Tensor, weights: Tensor, free: Tensor) -> Tensor:
    pulls = -signs * torch.sigmoid(-signs * scores) / points.shape[1]
    return torch.bmm(pulls[:, None], points)[:, 0] + free * weights


def _preconditioned(gradients: Tensor, steps: list[Tensor], changes: list[Tensor]) -> Tensor:
    """The inverse Hessian that the last steps suggest, times the gradients: two loops over the memory."""
    result, kept = gradients, []
    for step, change in zip(reversed(steps), reversed(changes), strict=True):
        curvature = (step * change).sum(1, keepdim=True)
        # A problem that has stopped, or a step without curvature, is left out.
        inverse = torch.where(curvature > 1e-300, 1 / curvature, 0.0)
        share = inverse * (step * result).sum(1, keepdim=True)
        result = result - share * change
        kept.append((step, change, inverse, share))
    if steps:
        curvature = (steps[-1] * changes[-1]).sum(1, keepdim=True)
        size = (changes[-1] ** 2).sum(1, keepdim=True)
        result = result * torch.where(curvature > 1e-300, curvature / size, 1.0)
    for step, change, inverse, share in reversed(kept):
        result = result + step * (share - inverse * (change * result).sum(1, keepdim=True))
    return result


def _lengths(
    margins: Tensor, changes: Tensor, weights: Tensor, directions: Tensor, free: Tensor, *, first: float | Tensor
) -> Float[Tensor, " problem"]:
    """Lengths of steps that meet the weak conditions of Wolfe, by bisection and doubling; scores are linear in them."""
    linear, quadratic = (free * weights * directions).sum(1), (free * directions**2).sum(1)

    def loss(length: Tensor) -> tuple[Tensor, Tensor]:
        moved = margins + length[:, None] * changes
        value = functional.softplus(-moved, threshold=50).mean(1) + length * linear + length**2 * quadratic / 2
        return value, -(torch.sigmoid(-moved) * changes).mean(1) + linear + length * quadratic

    low = torch.zeros_like(linear)
    high = torch.full_like(linear, torch.inf)
    start, slope = loss(low)
    length = first * torch.ones_like(linear)
    for _ in range(TRIALS):
        value, rising = loss(length)
        too_long = value > start + DECREASE * length * slope
        too_short = ~too_long & (rising < CURVATURE * slope)
        if not bool((too_long | too_short).any()):
            break
        high, low = torch.where(too_long, length, high), torch.where(too_short, length, low)
        tried = torch.where(high.isinf(), 2 * low, (low + high) / 2)
        length = torch.where(too_long | too_short, tried, length)
    return length
