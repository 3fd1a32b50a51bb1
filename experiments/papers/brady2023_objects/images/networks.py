"""The networks of the image experiment, each read as two functions: images to slots, slots to images. Called by its neighbors."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import torch
from jaxtyping import Float
from torch import Tensor

from model_zoo.sources import additive_autoencoder, monet, slot_attention
from model_zoo.sources.additive_autoencoder import AdditiveAutoencoder
from model_zoo.sources.monet import MonetNetwork
from model_zoo.sources.slot_attention import SlotAttentionNetwork
from model_zoo.sources.slot_decoder import Decomposed

Method = Literal["sum", "masks", "attention", "monet"]
"""Autoencoders whose slots are added, or mixed by masks; Slot Attention; a small MONet."""
PATCH, ROUNDS = 4, 3
"""px of a token, and rounds of Slot Attention."""
Masking = SlotAttentionNetwork | MonetNetwork
"""Networks that have masks of their own."""
Network = AdditiveAutoencoder | Masking


@dataclass(frozen=True, kw_only=True)
class Sort:
    """What there is to say about the networks of a method."""

    title: str
    architecture: str
    """By its name in `model_zoo.registry.SOURCES`."""
    eligible: str
    """Its layers with units."""


SORTS: Mapping[Method, Sort] = {
    "sum": Sort(title="Additive autoencoder (sum)", architecture="additive_autoencoder", eligible=additive_autoencoder.ELIGIBLE),
    "masks": Sort(
        title="Additive autoencoder (masks)", architecture="additive_autoencoder", eligible=additive_autoencoder.ELIGIBLE
    ),
    "attention": Sort(title="Slot Attention", architecture="slot_attention", eligible=slot_attention.ELIGIBLE),
    "monet": Sort(title="MONet-like", architecture="monet", eligible=monet.ELIGIBLE),
}


def spec_of(method: Method, *, slots: int, latents: int, side: int, channels: int, width: int) -> dict[str, Any]:
    """The arguments of the network of a method, as they stand in its card."""
    if method in ("sum", "masks"):
        return {
            **{"slots": slots, "latents": latents, "combination": method, "side": side},
            **{"channels": channels, "width": width},
        }
    spec = {"side": side, "patch": PATCH, "dim": latents, "width": width, "slots": slots}
    return {**spec, "rounds": ROUNDS} if method == "attention" else spec


def new_network(method: Method, spec: Mapping[str, Any], *, seed: int) -> Network:
    """A network whose first weights follow from the seed; torch draws them from its global generator, which is put back."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        if method == "attention":
            return SlotAttentionNetwork(**spec)
        return MonetNetwork(**spec) if method == "monet" else AdditiveAutoencoder(**spec)


def encode(network: Network, images: Float[Tensor, "batch 3 side side"]) -> Float[Tensor, "batch slot latent"]:
    """The slots of images in [-1, 1]; where a method draws any, always with the same noise."""
    if isinstance(network, AdditiveAutoencoder):
        return network.encode(images)
    return decomposed(network, images).slots


def decode(network: Network, slots: Float[Tensor, "batch slot latent"]) -> Float[Tensor, "batch 3 side side"]:
    """The images of slots, black 0 and white 1."""
    return layers(network, slots).sum(dim=1)


def layers(network: Network, slots: Float[Tensor, "batch slot latent"]) -> Float[Tensor, "batch slot 3 side side"]:
    """What each slot adds to the image; a MONet's masks, which come from the image, are taken as its slots decode to them."""
    if isinstance(network, AdditiveAutoencoder):
        return network.layers(slots)
    colors, logits = network.decoder(slots)
    shares: Tensor = logits.softmax(dim=1)[:, :, None]
    return shares * as_shares(colors)


def reconstruct(
    network: Network,
    images: Float[Tensor, "batch 3 side side"],
    *,
    noise: Float[Tensor, "batch slot latent"] | None = None,
) -> Float[Tensor, "batch 3 side side"]:
    """The network's own reconstructions, black 0 and white 1."""
    if isinstance(network, AdditiveAutoencoder):
        return network.decode(network.encode(images))
    return as_shares(decomposed(network, images, noise=noise).reconstruction)


def decomposed(
    network: Masking,
    images: Float[Tensor, "batch 3 side side"],
    *,
    noise: Float[Tensor, "batch slot latent"] | None = None,
) -> Decomposed:
    """The layers of a method that has masks of its own."""
    found: Decomposed = network(images, noise=noise)
    return found


def as_shares(images: Float[Tensor, "*batch"]) -> Float[Tensor, "*batch"]:
    """From [-1, 1], as networks take images, to [0, 1]."""
    return (images + 1) / 2
