import pytest
import torch
from torch import nn

from model_zoo.errors import InputError
from model_zoo.inventory import inventory
from model_zoo.sources.monet import MonetNetwork, divergence
from model_zoo.sources.slot_attention import SlotAttention, SlotAttentionNetwork
from model_zoo.sources.slot_decoder import Decomposed, from_patches

pytestmark = pytest.mark.unit
NETWORKS = ("slot_attention", "monet")


def _network(name: str) -> nn.Module:
    torch.manual_seed(0)
    shared = {"side": 16, "patch": 4, "dim": 6, "width": 8, "slots": 3}
    return SlotAttentionNetwork(**shared, rounds=2) if name == "slot_attention" else MonetNetwork(**shared)


def _images(count: int = 2) -> torch.Tensor:
    return torch.rand(count, 3, 16, 16, generator=torch.Generator().manual_seed(1)) * 2 - 1


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("slots", [1, 2, 7])
def test_any_number_of_slots_shares_every_pixel(name: str, slots: int) -> None:
    decomposed = _network(name)(_images(), slots=slots)

    assert decomposed.masks.shape == (2, slots, 16, 16)
    assert decomposed.colors.shape == (2, slots, 3, 16, 16)
    assert torch.allclose(decomposed.masks.sum(dim=1), torch.ones(2, 16, 16), atol=1e-5)
    assert decomposed.reconstruction.shape == (2, 3, 16, 16)


@pytest.mark.parametrize("name", NETWORKS)
def test_same_noise_gives_the_same_decomposition(name: str) -> None:
    network = _network(name)

    def reconstructed(seed: int | None) -> torch.Tensor:
        generator = torch.Generator().manual_seed(seed or 0)
        noise = None if seed is None else torch.randn(2, network.slots, network.dim, generator=generator)
        decomposed: Decomposed = network(_images(), noise=noise)
        return decomposed.reconstruction

    assert torch.equal(reconstructed(3), reconstructed(3))
    assert torch.equal(reconstructed(None), reconstructed(None))
    assert not torch.equal(reconstructed(3), reconstructed(4))


@pytest.mark.parametrize("name", NETWORKS)
def test_no_slots_are_an_error(name: str) -> None:
    with pytest.raises(InputError) as caught:
        _network(name)(_images(), slots=0)

    assert caught.value.field == "slots"


@pytest.mark.parametrize("name", NETWORKS)
def test_encoder_has_units_and_what_runs_for_each_slot_is_skipped(name: str) -> None:
    layers, skipped = inventory(_network(name), side=16)

    assert {"encoder.embed", "encoder.mix"} <= set(layers)
    repeated = "attention.cell" if name == "slot_attention" else "attention.split"
    assert "times" in skipped[repeated]


def test_order_of_slots_follows_the_order_of_their_noise() -> None:
    torch.manual_seed(0)
    attention = SlotAttention(dim=6, width=8, rounds=3)
    tokens, slots = torch.randn(2, 9, 8), torch.randn(2, 4, 6)
    order = torch.tensor([2, 0, 3, 1])

    assert torch.allclose(attention(tokens, slots)[:, order], attention(tokens, slots[:, order]), atol=1e-5)


def test_order_of_tokens_does_not_matter_to_slots() -> None:
    torch.manual_seed(0)
    attention = SlotAttention(dim=6, width=8, rounds=3)
    tokens, slots = torch.randn(2, 9, 8), torch.randn(2, 4, 6)

    assert torch.allclose(attention(tokens, slots), attention(tokens[:, torch.randperm(9)], slots), atol=1e-5)


def test_hint_changes_its_slot_and_an_empty_one_does_not() -> None:
    network = _network("slot_attention")
    none = network(_images())

    empty = network(_images(), hints=torch.zeros(2, 1, 4))
    told = network(_images(), hints=torch.tensor([[[0.5, 0.5, 0.2, 0.2]]] * 2))

    assert torch.equal(none.masks, empty.masks)
    assert not torch.allclose(none.masks, told.masks)


def test_more_hints_than_slots_are_an_error() -> None:
    with pytest.raises(InputError, match="at least 3"):
        _network("slot_attention")(_images(), slots=2, hints=torch.ones(2, 3, 4))


def test_patches_come_to_their_places() -> None:
    image = torch.arange(36.0).view(6, 6)
    patches = image.unfold(0, 3, 3).unfold(1, 3, 3).reshape(2, 2, 9)

    assert torch.equal(from_patches(patches, patch=3), image)


def test_divergence_is_that_of_torch_distributions() -> None:
    mean, log_variance = torch.randn(2, 3, 4), torch.randn(2, 3, 4)
    own = torch.distributions.Normal(mean, (log_variance / 2).exp())
    standard = torch.distributions.Normal(torch.zeros(2, 3, 4), torch.ones(2, 3, 4))

    expected = torch.distributions.kl_divergence(own, standard).sum(dim=(1, 2))

    assert torch.allclose(divergence(mean, log_variance), expected, atol=1e-4)
