"""Points in and on the ball of allowed perturbations around one image, and the check of points that an attack returns.

Called by the set-up of an active test, for its training points and for its random attacks.
"""

import torch
from foolbox.external.clipping_aware_rescaling import l2_clipping_aware_rescaling
from jaxtyping import Bool, Float
from torch import Tensor

from experiments.methods.attacks.options import Norm

ROUNDING = 1e-6
"""Of values in [0, 1] in single precision, after an attack has moved them some times."""


def inner_points(
    image: Float[Tensor, "..."], *, count: int, radius: float, norm: Norm, generator: torch.Generator
) -> Float[Tensor, "count ..."]:
    """Points uniform in the ball around an image, then cut to [0, 1], which only moves them closer."""
    if norm == "linf":
        return (image + radius * _signed(image, count, generator)).clamp(0, 1)
    directions = _normal(image, count, generator)
    lengths = torch.rand(_column(image, count), generator=generator, device=image.device) ** (1 / image.numel())
    return (image + radius * lengths * directions).clamp(0, 1)


def surface_points(
    image: Float[Tensor, "..."], *, count: int, radius: float, norm: Norm, generator: torch.Generator
) -> Float[Tensor, "count ..."]:
    """Points of [0, 1] at `radius` from an image in random directions, as far as the range leaves room for it."""
    directions = (_signed if norm == "linf" else _normal)(image, count, generator)
    return at_radius(image.expand_as(directions), directions, radius=radius, norm=norm)


def at_radius(
    images: Float[Tensor, "point ..."], directions: Float[Tensor, "point ..."], *, radius: float, norm: Norm
) -> Float[Tensor, "point ..."]:
    """Points of [0, 1] at exactly `radius` from images, along directions that are stretched where the range cuts them.

    Where the range leaves no room for that, they are as far as their direction goes.
    """
    if norm == "l2":
        # The sums of squares lose a thousandth of the radius in single precision.
        steps: Tensor = l2_clipping_aware_rescaling(images.double(), directions.double(), eps=radius)
        return (images + steps * directions).clamp(0, 1).to(images.dtype)
    # The largest step among the values that have room for the radius fixes the length; smaller rooms are simply filled.
    has_room = torch.where(directions >= 0, 1 - images, images) >= radius
    largest = (directions.abs() * has_room).flatten(1).amax(1)
    largest = torch.where(largest > 0, largest, directions.abs().flatten(1).amax(1)).clamp(min=1e-12)
    return (images + radius * directions / largest.view(_column(images[0], len(images)))).clamp(0, 1)


def corner_points(
    image: Float[Tensor, "..."], *, count: int, radius: float, norm: Norm, generator: torch.Generator
) -> Float[Tensor, "count ..."]:
    """Corners of the cube of half side `radius` around an image, cut to [0, 1]; for `l2` points of the sphere."""
    if norm == "l2":
        return surface_points(image, count=count, radius=radius, norm=norm, generator=generator)
    return (image + radius * _signed(image, count, generator).sign()).clamp(0, 1)


def distances(one: Float[Tensor, "point ..."], other: Float[Tensor, "point ..."], *, norm: Norm) -> Float[Tensor, " point"]:
    """Distance of each point from its partner."""
    order = float("inf") if norm == "linf" else 2
    found: Tensor = torch.linalg.vector_norm((one - other).flatten(1).double(), ord=order, dim=1)
    return found


def inside(
    points: Float[Tensor, "point ..."], images: Float[Tensor, "point ..."], *, eps: float, norm: Norm
) -> Bool[Tensor, " point"]:
    """Whether each point lies in the ball of its image and in [0, 1], up to the rounding of float32; NaN does not.

    That is up to 1e-6 and a ten-thousandth of `eps`, but never more than a hundredth of `eps`.
    """
    flat = points.flatten(1)
    in_range = ((flat >= -ROUNDING) & (flat <= 1 + ROUNDING)).all(1)
    return in_range & (distances(points, images, norm=norm) <= eps + min(ROUNDING + 1e-4 * eps, 1e-2 * eps))


def _signed(image: Tensor, count: int, generator: torch.Generator) -> Tensor:
    """Uniform in [-1, 1)."""
    return 2 * torch.rand((count, *image.shape), generator=generator, device=image.device, dtype=image.dtype) - 1


def _normal(image: Tensor, count: int, generator: torch.Generator) -> Tensor:
    """Directions of length one, uniform on the sphere."""
    drawn = torch.randn((count, *image.shape), generator=generator, device=image.device, dtype=image.dtype)
    lengths: Tensor = torch.linalg.vector_norm(drawn.flatten(1), dim=1)
    return drawn / lengths.view(_column(image, count))


def _column(image: Tensor, count: int) -> tuple[int, ...]:
    return count, *[1] * image.ndim
