"""Images of a body of colored blocks before a lit wall, rendered from ten factors by casting rays; made for trainings on images.

The factors are those of 3DIdent (Zimmermann et al. 2021): position, rotation, three hues and the angle of a light. Every one
lies in [-1, 1]. So that an image tells its factors, the body has no symmetry, angles reach over half a turn and hues over two
thirds of the circle; this is how the scene was designed, not a proof. At beta = ±1 the first and the third axis of rotation are
one, and alpha and gamma show by their sum or difference alone; near it, and where pixels are few, factors are hard to tell. An
image follows from its factors alone.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from jaxtyping import Float, UInt8
from torch import Tensor

FACTORS = ("x", "y", "z", "alpha", "beta", "gamma", "hue_object", "hue_light", "hue_background", "light_angle")
"""Position to the right, up and away from the camera; rotations about these axes, in this order; hues; the light's place."""
REACH = torch.tensor([0.55, 0.55, 0.9])
"""Of the positions, in the units of the scene: the wall that the camera sees at the body's middle depth is 3.2 wide and high."""
TURN, HUES, LIGHT_TURN = math.pi / 2, 2 / 3, 0.45 * math.pi
CAMERA, WIDTH = 4.0, 0.4
"""Distance of the camera; half the width of the picture at distance 1."""
AMBIENT, WALL_LIGHT = 0.3, 0.75
SAMPLES = 2
"""Rays a pixel in each direction."""
CHUNK = 128
"""Images rendered at once; so that the rays' intermediate results stay small."""


@dataclass(frozen=True, kw_only=True)
class Block:
    """A part of the body: an upright box in the body's own frame."""

    center: tuple[float, float, float]
    half: tuple[float, float, float]
    saturation: float
    brightness: float


BODY = (
    Block(center=(0.0, 0.0, 0.0), half=(0.78, 0.25, 0.2), saturation=0.75, brightness=0.8),
    Block(center=(0.6, 0.43, 0.0), half=(0.18, 0.3, 0.18), saturation=0.25, brightness=1.0),
    Block(center=(-0.42, 0.0, -0.38), half=(0.2, 0.18, 0.25), saturation=1.0, brightness=0.4),
    Block(center=(-0.62, -0.38, 0.08), half=(0.13, 0.25, 0.13), saturation=0.9, brightness=1.0),
)


def render(factors: Float[Tensor, "image 10"], *, side: int) -> UInt8[Tensor, "image 3 side side"]:
    """The images of these factors, `side` px wide and high."""
    parts = [factors[start : start + CHUNK] for start in range(0, len(factors), CHUNK)]
    return torch.cat([_rendered(part, side=side) for part in parts])


def _rendered(factors: Float[Tensor, "image 10"], *, side: int) -> UInt8[Tensor, "image 3 side side"]:
    rays = _rays(side * SAMPLES).to(factors)
    object_hue, light_hue, wall_hue = ((factors[:, 6 + number] + 1) / 2 * HUES for number in range(3))
    angle = LIGHT_TURN * factors[:, 9]
    light = _colors(light_hue, saturation=0.7, brightness=1.0)
    wall = _colors(wall_hue, saturation=0.6, brightness=0.8)
    glow = _glow(rays, angle)
    picture = wall[:, :, None] * (AMBIENT + WALL_LIGHT * light[:, :, None] * glow[:, None])

    rotation = _rotations(TURN * factors[:, 3:6])
    facing = torch.einsum("nij,ni->nj", rotation, _light_direction(angle))
    nearest = torch.full_like(glow, math.inf)
    for block, (distance, shade) in zip(BODY, _hits(rays, factors, rotation, facing), strict=True):
        color = _colors(object_hue, saturation=block.saturation, brightness=block.brightness)
        lit = color[:, :, None] * (AMBIENT + light[:, :, None] * shade[:, None])
        is_nearer = distance < nearest
        picture = torch.where(is_nearer[:, None], lit, picture)
        nearest = torch.where(is_nearer, distance, nearest)
    pixels = picture.reshape(-1, 3, side, SAMPLES, side, SAMPLES).mean(dim=(3, 5))
    return (255 * pixels.clamp(0, 1)).round().to(torch.uint8)


def _rays(side: int) -> Float[Tensor, "3 ray"]:
    """Directions from the camera through the middles of the samples, row by row from the upper left."""
    places = WIDTH * ((torch.arange(side) + 0.5) / side * 2 - 1)
    down, across = torch.meshgrid(-places, places, indexing="ij")
    return torch.stack([across.flatten(), down.flatten(), torch.ones(side * side)])


def _hits(
    rays: Float[Tensor, "3 ray"],
    factors: Float[Tensor, "image 10"],
    rotation: Float[Tensor, "image 3 3"],
    facing: Float[Tensor, "image 3"],
) -> Iterator[tuple[Float[Tensor, "image ray"], Float[Tensor, "image ray"]]]:
    """Of each block: how far along each ray it is met (infinity: not at all), and how directly the light falls there."""
    place = factors[:, :3] * REACH.to(factors)
    eye = torch.tensor([0.0, 0.0, -CAMERA]).to(factors) - place
    origin = torch.einsum("nij,ni->nj", rotation, eye)[:, :, None]
    inverse = 1 / torch.einsum("nij,ir->njr", rotation, rays)
    # A face whose normal points against the ray is seen: its light is that of the normal -sign(direction) along its axis.
    light = (-inverse.sign() * facing[:, :, None]).clamp(min=0)
    for block in BODY:
        middle = (torch.tensor(block.center).to(factors)[:, None] - origin) * inverse
        half = torch.tensor(block.half).to(factors)[:, None] * inverse.abs()
        enters, axis = (middle - half).max(dim=1)
        leaves = (middle + half).amin(dim=1)
        distance = torch.where(enters < leaves, enters, math.inf)
        yield distance, light.gather(1, axis[:, None])[:, 0]


def _rotations(angles: Float[Tensor, "image 3"]) -> Float[Tensor, "image 3 3"]:
    """About the first axis, then the second, then the third."""
    (ca, cb, cc), (sa, sb, sc) = angles.cos().unbind(1), angles.sin().unbind(1)
    one, zero = torch.ones_like(ca), torch.zeros_like(ca)
    first = torch.stack([one, zero, zero, zero, ca, -sa, zero, sa, ca], dim=1).reshape(-1, 3, 3)
    second = torch.stack([cb, zero, sb, zero, one, zero, -sb, zero, cb], dim=1).reshape(-1, 3, 3)
    third = torch.stack([cc, -sc, zero, sc, cc, zero, zero, zero, one], dim=1).reshape(-1, 3, 3)
    return third @ second @ first


def _light_direction(angle: Float[Tensor, " image"]) -> Float[Tensor, "image 3"]:
    """From the body to the light, which stands before the wall, above, and wanders from left to right."""
    toward = torch.stack([angle.sin(), 0.6 * angle.cos(), torch.full_like(angle, -0.7)], dim=1)
    return torch.nn.functional.normalize(toward, dim=1)


def _glow(rays: Float[Tensor, "3 ray"], angle: Float[Tensor, " image"]) -> Float[Tensor, "image ray"]:
    """The light's spot on the wall, on the side where the light stands."""
    across, up = 0.9 * WIDTH * angle.sin(), 0.7 * WIDTH * angle.cos()
    squares = (rays[0] - across[:, None]).square() + (rays[1] - up[:, None]).square()
    return torch.exp(-squares / (2 * (0.6 * WIDTH) ** 2))


def _colors(hue: Float[Tensor, " image"], *, saturation: float, brightness: float) -> Float[Tensor, "image 3"]:
    """RGB of a hue in turns (Smith 1978, HSV)."""
    sixths = (hue[:, None] * 6 + torch.tensor([5.0, 3.0, 1.0]).to(hue)) % 6
    return brightness * (1 - saturation * torch.minimum(sixths, 4 - sixths).clamp(0, 1))
