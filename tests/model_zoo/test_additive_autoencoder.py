"""Autoencoders of scenes: which of the two forms is additive, and that each takes whatever side it is built for."""

import pytest
import torch

from model_zoo.sources.additive_autoencoder import AdditiveAutoencoder, Combination

pytestmark = pytest.mark.unit


def autoencoder(combination: Combination, *, side: int = 16) -> AdditiveAutoencoder:
    torch.manual_seed(0)
    return AdditiveAutoencoder(slots=3, latents=4, combination=combination, side=side, channels=4, width=8).eval()


def effect_of_first_slot(network: AdditiveAutoencoder, *, others: torch.Tensor) -> torch.Tensor:
    """How the image changes when the first slot goes from 0 to 1 beside the others."""
    images = [network.decode(torch.cat([torch.full((1, 1, 4), value), others], dim=1)) for value in (0.0, 1.0)]
    return images[1] - images[0]


@torch.no_grad()
def test_a_slot_adds_the_same_whatever_the_others_are_only_in_a_sum():
    others = torch.randn(2, 1, 2, 4, generator=torch.Generator().manual_seed(1))

    effects = {form: [effect_of_first_slot(autoencoder(form), others=one) for one in others] for form in ("sum", "masks")}

    torch.testing.assert_close(*effects["sum"])
    assert (effects["masks"][0] - effects["masks"][1]).abs().max() > 1e-4


@torch.no_grad()
@pytest.mark.parametrize("side", [16, 64])
def test_a_reconstruction_is_the_decoded_code(side):
    network, images = autoencoder("masks", side=side), torch.rand(2, 3, side, side)

    slots = network.encode(images)

    assert slots.shape == (2, 3, 4)
    assert network(images).shape == images.shape
    torch.testing.assert_close(network(images), network.decode(slots))


@torch.no_grad()
@pytest.mark.parametrize("combination", ["sum", "masks"])
def test_slots_may_change_places(combination):
    network, slots = autoencoder(combination), torch.randn(2, 3, 4)

    torch.testing.assert_close(network.decode(slots), network.decode(slots[:, [2, 0, 1]]))
