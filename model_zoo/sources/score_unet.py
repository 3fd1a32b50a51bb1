"""The two halves of a small U-Net (Ronneberger et al. 2015; Ho et al. 2020): residual layers with group normalization."""

from collections.abc import Sequence
from itertools import pairwise
from typing import cast

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

GROUPS = 8
Maps = Float[Tensor, "batch channel height width"]


class Residual(nn.Module):
    """Two convolutions, the second scaled and shifted by a condition, added to what came in."""

    def __init__(self, *, width_in: int, width_out: int, condition: int, dropout: float) -> None:
        super().__init__()
        self.norm1 = nn.GroupNorm(GROUPS, width_in)
        self.conv1 = nn.Conv2d(width_in, width_out, kernel_size=3, padding=1)
        self.film = nn.Linear(condition, 2 * width_out)
        self.norm2 = nn.GroupNorm(GROUPS, width_out)
        self.dropout = nn.Dropout(dropout)
        self.conv2 = nn.Conv2d(width_out, width_out, kernel_size=3, padding=1)
        self.skip = nn.Conv2d(width_in, width_out, kernel_size=1) if width_in != width_out else nn.Identity()

    def forward(self, maps: Maps, condition: Float[Tensor, "batch condition"]) -> Maps:
        """Maps of the other width."""
        inner = self.conv1(functional.silu(self.norm1(maps)))
        scale, shift = self.film(condition)[:, :, None, None].chunk(2, dim=1)
        inner = self.norm2(inner) * (1 + scale) + shift
        return cast(Tensor, self.skip(maps) + self.conv2(self.dropout(functional.silu(inner))))


class Attention(nn.Module):
    """Each place looks at all others; written out, because its derivatives of second order are needed."""

    def __init__(self, *, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm = nn.GroupNorm(GROUPS, width)
        self.read = nn.Conv2d(width, 3 * width, kernel_size=1)
        self.write = nn.Conv2d(width, width, kernel_size=1)

    def forward(self, maps: Maps) -> Maps:
        """The maps with what was seen elsewhere."""
        queries, keys, values = self.read(self.norm(maps)).flatten(2).unflatten(1, (3, self.heads, -1)).unbind(1)
        shares = (queries.mT @ keys / queries.shape[2] ** 0.5).softmax(dim=-1)
        seen = (values @ shares.mT).flatten(1, 2).unflatten(2, maps.shape[2:])
        return cast(Tensor, maps + self.write(seen))


class ImageEncoder(nn.Module):
    """From the image down: a residual layer and a halving of the map for each width but the last."""

    def __init__(self, *, channels: int, widths: Sequence[int], condition: int) -> None:
        super().__init__()
        self.enter = nn.Conv2d(channels, widths[0], kernel_size=3, padding=1)
        self.layers = nn.ModuleList(
            Residual(width_in=width, width_out=width, condition=condition, dropout=0.0) for width in widths[:-1]
        )
        self.halvings = nn.ModuleList(
            nn.Conv2d(width, narrower, kernel_size=3, stride=2, padding=1) for width, narrower in pairwise(widths)
        )

    def forward(self, images: Maps, condition: Float[Tensor, "batch condition"]) -> list[Maps]:
        """Maps of every size, the largest first."""
        maps = [self.enter(images)]
        for layer, halving in zip(self.layers, self.halvings, strict=True):
            maps[-1] = layer(maps[-1], condition)
            maps.append(halving(maps[-1]))
        return maps


class ImageDecoder(nn.Module):
    """From the smallest map up: each size joins what the encoder saw at it."""

    def __init__(self, *, channels: int, widths: Sequence[int], condition: int, heads: int, dropout: float) -> None:
        super().__init__()
        last = widths[-1]
        self.middle = nn.ModuleList(
            Residual(width_in=last, width_out=last, condition=condition, dropout=dropout) for _ in range(2)
        )
        self.attention = Attention(width=last, heads=heads) if heads else nn.Identity()
        self.layers = nn.ModuleList(
            Residual(width_in=below + width, width_out=width, condition=condition, dropout=dropout)
            for width, below in reversed(list(pairwise(widths)))
        )
        self.norm = nn.GroupNorm(GROUPS, widths[0])
        self.leave = nn.Conv2d(widths[0], channels, kernel_size=3, padding=1)

    def forward(self, encoded: Sequence[Maps], condition: Float[Tensor, "batch condition"]) -> Maps:
        """What is added to the image."""
        *seen, maps = encoded
        first, second = self.middle
        maps = second(self.attention(first(maps, condition)), condition)
        for layer, at_this_size in zip(self.layers, reversed(seen), strict=True):
            wide = functional.interpolate(maps, scale_factor=2.0, mode="nearest")
            maps = layer(torch.cat([wide, at_this_size], dim=1), condition)
        return cast(Tensor, self.leave(functional.silu(self.norm(maps))))
