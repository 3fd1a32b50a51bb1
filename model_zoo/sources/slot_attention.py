"""Slot Attention (Locatello et al. 2020) on patches: slots compete for tokens, and each is decoded by itself."""

from typing import cast

import torch
from jaxtyping import Float
from torch import Tensor, nn

from model_zoo.catalogue import ModelCard
from model_zoo.errors import InputError
from model_zoo.sources.slot_decoder import BroadcastDecoder, Decomposed, PatchEncoder

ELIGIBLE = "encoder[.](embed|mix)"
LEAST_SHARE = 1e-8
"""Added to the share of a slot in a token before shares are normalized over tokens (Locatello et al. 2020, algorithm 1)."""
HINT = 4
"""Numbers of an annotation: center x, center y, width, height."""


class SlotAttention(nn.Module):
    """Some rounds in which slots attend to tokens and are updated by a recurrent cell and a residual perceptron."""

    def __init__(self, *, dim: int, width: int, rounds: int) -> None:
        super().__init__()
        self.rounds = rounds
        self.tokens = nn.LayerNorm(width)
        self.keys, self.values = nn.Linear(width, dim, bias=False), nn.Linear(width, dim, bias=False)
        self.before, self.queries = nn.LayerNorm(dim), nn.Linear(dim, dim, bias=False)
        self.cell = nn.GRUCell(dim, dim)
        self.after = nn.Sequential(nn.LayerNorm(dim), nn.Linear(dim, 2 * dim), nn.ReLU(), nn.Linear(2 * dim, dim))

    def forward(
        self, tokens: Float[Tensor, "batch token width"], slots: Float[Tensor, "batch slot dim"]
    ) -> Float[Tensor, "batch slot dim"]:
        """The slots after the last round."""
        tokens = self.tokens(tokens)
        keys, values = self.keys(tokens).transpose(1, 2), self.values(tokens)
        for _ in range(self.rounds):
            # Slots compete: the shares of a token sum to 1 over the slots.
            logits = torch.bmm(self.queries(self.before(slots)), keys) / slots.shape[-1] ** 0.5
            shares = logits.softmax(dim=1) + LEAST_SHARE
            updates = torch.bmm(shares / shares.sum(dim=2, keepdim=True), values)
            slots = self.cell(updates.flatten(0, 1), slots.flatten(0, 1)).view_as(slots)
            slots = slots + self.after(slots)
        return slots


class SlotAttentionNetwork(nn.Module):
    """Encoder, Slot Attention and decoder; the number of slots may differ from call to call."""

    def __init__(self, *, side: int, patch: int, dim: int, width: int, rounds: int, slots: int) -> None:
        """`slots` is the number if a call does not say another."""
        super().__init__()
        self.slots, self.dim = slots, dim
        self.encoder = PatchEncoder(side=side, patch=patch, width=width)
        self.attention = SlotAttention(dim=dim, width=width, rounds=rounds)
        self.decoder = BroadcastDecoder(side=side, patch=patch, dim=dim, width=width)
        self.mean, self.log_deviation = nn.Parameter(torch.zeros(dim)), nn.Parameter(torch.zeros(dim))
        self.hint = nn.Sequential(nn.Linear(HINT, width), nn.ReLU(), nn.Linear(width, dim))

    def forward(
        self,
        images: Float[Tensor, "batch 3 height width"],
        *,
        slots: int | None = None,
        noise: Float[Tensor, "batch slot dim"] | None = None,
        hints: Float[Tensor, "batch hinted 4"] | None = None,
    ) -> Decomposed:
        """The images as `slots` layers.

        The first slots begin at the annotated boxes, where there are any (a box of size 0 is none), the others at `noise`, which
        is standard normal; without it always at the same.

        Raises:
            InputError: There are no slots, or fewer than hints.
        """
        count = self.slots if slots is None else slots
        hinted = 0 if hints is None else hints.shape[1]
        if count < max(1, hinted):
            raise InputError(field="slots", message=f"{count} are too few", remedy=f"Give at least {max(1, hinted)}")
        if noise is None:
            generator = torch.Generator(device=images.device).manual_seed(0)
            noise = torch.randn(len(images), count, self.dim, generator=generator, device=images.device)
        first = self.mean + self.log_deviation.exp() * noise
        if hints is not None:
            known = (hints[..., 2:] > 0).all(dim=-1, keepdim=True)
            first = torch.cat([torch.where(known, self.hint(hints), first[:, :hinted]), first[:, hinted:]], dim=1)
        tokens = self.encoder(images).flatten(2).transpose(1, 2)
        final = self.attention(tokens, first)
        colors, logits = self.decoder(final)
        cost = torch.zeros(len(images), device=images.device)
        return Decomposed(slots=final, masks=logits.softmax(dim=1), colors=colors, cost=cost)


def build(model: ModelCard) -> nn.Module:
    """The network of a card whose spec holds the arguments of `SlotAttentionNetwork`."""
    return SlotAttentionNetwork(**cast(dict[str, int], dict(model.spec)))


def folded(network: nn.Module) -> tuple[nn.Module, frozenset[str]]:
    """The network itself: it has no normalization to fold."""
    return network, frozenset()
