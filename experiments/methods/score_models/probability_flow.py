"""The ordinary differential equation with the same marginals as the diffusion (Song et al. 2021, eq. 13), and its divergence.

Networks predict the noise in a point; the score is minus that over the deviation. Used by likelihoods and interpolations.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torchdiffeq import odeint

from experiments.contract.fields import require, require_range
from experiments.methods.score_models.diffusions import Diffusion

State = tuple[Float[Tensor, "batch ..."], Float[Tensor, " batch"]]
"""Points, and what the logarithm of their density has lost on the way."""
Velocity = Callable[[Tensor, State], State]


class NoiseNetwork(Protocol):
    """What is trained: the noise in points at times, given their classes; `-noise / deviation` is the score."""

    def __call__(
        self, points: Float[Tensor, "batch ..."], times: Float[Tensor, " batch"], labels: Int[Tensor, " batch"]
    ) -> Float[Tensor, "batch ..."]:
        """The predicted noise, of deviation 1."""


@dataclass(frozen=True, kw_only=True)
class Integration:
    """How the equation is solved, and its divergence found."""

    solver: Literal["fixed", "adaptive"] = "fixed"
    """Runge-Kutta of order 4 at times that all images share, or Dormand-Prince with error control from torchdiffeq."""
    steps: int = 20
    """Of the fixed solver: four calls of the network each, spread evenly over a power of time that fits the diffusion."""
    tolerance: float = 1e-5
    """Of the adaptive solver, relative and absolute."""
    divergence: Literal["hutchinson", "exact", "none"] = "hutchinson"
    """One random probe an image (Hutchinson 1990; Skilling 1989), or the sum over all dimensions, which costs as many probes."""

    def __post_init__(self) -> None:
        for name, known in (("solver", ("fixed", "adaptive")), ("divergence", ("hutchinson", "exact", "none"))):
            chosen = getattr(self, name)
            require(chosen in known, name, f"{chosen!r} is unknown", f"Choose among {', '.join(known)}")
        require_range(self, "steps", 1, 10_000)
        require_range(self, "tolerance", 1e-12, 1.0)


def rademacher(shape: tuple[int, ...], *, generator: torch.Generator) -> Float[Tensor, "*shape"]:
    """Signs, as probes of the divergence."""
    return torch.randint(0, 2, shape, generator=generator, device=generator.device) * 2.0 - 1.0


def flow(
    network: NoiseNetwork,
    points: Float[Tensor, "batch ..."],
    labels: Int[Tensor, " batch"],
    *,
    diffusion: Diffusion,
    integration: Integration,
    probes: Float[Tensor, "batch ..."] | None = None,
    towards: Literal["noise", "images"] = "noise",
) -> State:
    """Follow the points from images to noise or back; differentiable in the points if gradients are on.

    Returns:
        Where they come to, and the integral of the divergence on the way there, in nats (0 without a divergence).
    """
    velocity = _velocity(network, labels, diffusion=diffusion, divergence=integration.divergence, probes=probes)
    first, last = (diffusion.earliest, 1.0) if towards == "noise" else (1.0, diffusion.earliest)
    ends = torch.tensor([first, last], dtype=points.dtype, device=points.device)
    state = (points, points.new_zeros(len(points)))
    if integration.solver == "adaptive":
        ended = odeint(velocity, state, ends, rtol=integration.tolerance, atol=integration.tolerance, method="dopri5")
        return ended[0][-1], ended[1][-1]
    power = diffusion.power

    def warped(place: Tensor, state: State) -> State:
        moved, gained = velocity(place**power, state)
        stretch = power * place ** (power - 1)
        return stretch * moved, stretch * gained

    places = torch.linspace(first ** (1 / power), last ** (1 / power), integration.steps + 1).to(points)
    ended = odeint(warped, state, places, method="rk4")
    return ended[0][-1], ended[1][-1]


def _velocity(
    network: NoiseNetwork,
    labels: Int[Tensor, " batch"],
    *,
    diffusion: Diffusion,
    divergence: Literal["hutchinson", "exact", "none"],
    probes: Tensor | None,
) -> Velocity:
    """Of points and of the integral, at a time that all share."""

    def velocity(time: Tensor, state: State) -> State:
        points, _ = state
        rate, share = diffusion.rate(time), 0.5 * diffusion.diffusion(time).square() / diffusion.moments(time)[1]
        times = time.expand(len(points))
        if divergence == "none":
            return rate * points + share * network(points, times, labels), torch.zeros_like(state[1])
        noise, trace = _traced(lambda at: network(at, times, labels), points, probes=probes)
        return rate * points + share * noise, rate * points[0].numel() + share * trace

    return velocity


def _traced(
    function: Callable[[Tensor], Tensor], points: Float[Tensor, "batch ..."], *, probes: Tensor | None
) -> tuple[Float[Tensor, "batch ..."], Float[Tensor, " batch"]]:
    """A function's values, and the trace of its Jacobian, exact without probes; reverse mode: a third quicker than forward."""
    keep = torch.is_grad_enabled()
    with torch.enable_grad():
        at = points if keep and points.requires_grad else points.detach().requires_grad_()
        values = function(at)
        if probes is not None:
            (products,) = torch.autograd.grad(values, at, probes, create_graph=keep)
            trace = (products * probes).flatten(1).sum(1)
        else:
            flat = values.flatten(1)
            rows = (
                torch.autograd.grad(flat[:, i].sum(), at, create_graph=keep, retain_graph=True)[0] for i in range(flat.shape[1])
            )
            trace = torch.stack([row.flatten(1)[:, i] for i, row in enumerate(rows)]).sum(0)
    return (values, trace) if keep else (values.detach(), trace.detach())
