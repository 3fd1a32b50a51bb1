"""A small MONet (Burgess et al. 2019) on patches: one mask after the other, and an autoencoder that explains what each shows."""

from typing import cast

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from model_zoo.catalogue import ModelCard
from model_zoo.errors import InputError
from model_zoo.sources.slot_decoder import BroadcastDecoder, Decomposed, PatchEncoder, from_patches

ELIGIBLE = "encoder[.](embed|mix)"
LATENT_SCALE, MASK_SCALE = 0.5, 0.5
"""Weights of the latents' divergence and of that of the decoded masks (beta and gamma of Burgess et al. 2019)."""
LEAST_WEIGHT = 1e-3
"""Patches that an empty mask is taken to have."""


class RecurrentAttention(nn.Module):
    """Divides what is left of the image (the scope) between one more slot and the rest, as often as there are slots."""

    def __init__(self, *, patch: int, width: int) -> None:
        super().__init__()
        self.scope = nn.Conv2d(patch**2, width, 1)
        self.around = nn.Conv2d(width, width, 3, padding=1)
        self.whole = nn.Linear(width, width)
        self.split = nn.Conv2d(width, patch**2, 1)

    def forward(
        self, tokens: Float[Tensor, "batch width row column"], *, slots: int
    ) -> Float[Tensor, "batch slot pixel row column"]:
        """Logarithms of the masks by patch; their exponentials sum to 1 over the slots."""
        rest = tokens.new_zeros(len(tokens), self.split.out_channels, *tokens.shape[2:])
        masks = []
        for _ in range(slots - 1):
            maps = functional.relu(tokens + self.scope(rest))
            maps = self.around(maps) + self.whole(maps.mean(dim=(2, 3)))[..., None, None]
            logits = self.split(functional.relu(maps))
            masks.append(rest + functional.logsigmoid(logits))
            rest = rest + functional.logsigmoid(-logits)
        return torch.stack([*masks, rest], dim=1)


class MonetNetwork(nn.Module):
    """Recurrent attention and a variational autoencoder of what is masked; the number of slots may differ from call to call."""

    def __init__(self, *, side: int, patch: int, dim: int, width: int, slots: int) -> None:
        """`slots` is the number if a call does not say another."""
        super().__init__()
        self.slots, self.patch, self.dim = slots, patch, dim
        self.encoder = PatchEncoder(side=side, patch=patch, width=width)
        self.attention = RecurrentAttention(patch=patch, width=width)
        self.masked = nn.Conv2d(patch**2, width, 1)
        self.component = nn.Sequential(nn.ReLU(), nn.Conv2d(width, width, 1), nn.ReLU())
        self.latents = nn.Linear(width, 2 * dim)
        self.decoder = BroadcastDecoder(side=side, patch=patch, dim=dim, width=width)

    def forward(
        self,
        images: Float[Tensor, "batch 3 height width"],
        *,
        slots: int | None = None,
        noise: Float[Tensor, "batch slot dim"] | None = None,
    ) -> Decomposed:
        """The images as `slots` layers; latents are drawn by standard normal `noise`, and their means taken without it.

        Raises:
            InputError: There are no slots.
        """
        count = self.slots if slots is None else slots
        if count < 1:
            raise InputError(field="slots", message=f"{count} are too few", remedy="Give at least 1")
        tokens = self.encoder(images)
        log_masks = self.attention(tokens, slots=count)
        seen = tokens[:, None] + self.masked(log_masks.exp().flatten(0, 1)).unflatten(0, (-1, count))
        features = self.component(seen.flatten(0, 1)).unflatten(0, (-1, count))
        # Each slot is told by what its mask shows, however small that is.
        weights = log_masks.exp().mean(dim=2, keepdim=True)
        shown = (features * weights).sum(dim=(3, 4)) / (weights.sum(dim=(3, 4)) + LEAST_WEIGHT)
        mean, log_variance = self.latents(shown).chunk(2, dim=-1)
        latents = mean
        if noise is not None:
            latents = mean + (log_variance / 2).exp() * noise
        colors, logits = self.decoder(latents)
        log_masks = from_patches(log_masks.movedim(2, -1), patch=self.patch)
        cost = LATENT_SCALE * divergence(mean, log_variance) + MASK_SCALE * mask_divergence(log_masks, logits)
        return Decomposed(slots=mean, masks=log_masks.exp(), colors=colors, cost=cost)


def divergence(mean: Float[Tensor, "batch slot dim"], log_variance: Float[Tensor, "batch slot dim"]) -> Float[Tensor, " batch"]:
    """Kullback and Leibler's, of the latents' normal laws from the standard one, in nats."""
    return 0.5 * (mean**2 + log_variance.exp() - log_variance - 1).sum(dim=(1, 2))


def mask_divergence(
    log_masks: Float[Tensor, "batch slot height width"], logits: Float[Tensor, "batch slot height width"]
) -> Float[Tensor, " batch"]:
    """Kullback and Leibler's, of the masks from those that the latents decode to, in nats over all pixels."""
    return (log_masks.exp() * (log_masks - logits.log_softmax(dim=1))).sum(dim=(1, 2, 3))


def build(model: ModelCard) -> nn.Module:
    """The network of a card whose spec holds the arguments of `MonetNetwork`."""
    return MonetNetwork(**cast(dict[str, int], dict(model.spec)))


def folded(network: nn.Module) -> tuple[nn.Module, frozenset[str]]:
    """The network itself: it has no normalization to fold."""
    return network, frozenset()
