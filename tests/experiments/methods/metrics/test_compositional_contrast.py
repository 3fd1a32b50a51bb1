"""Compositional contrast against the published sums, closed forms, and decoders whose composition is known."""

from itertools import combinations

import pytest
import torch
from torch import Tensor, nn

from experiments.contract.errors import InputError
from experiments.methods.metrics.compositional_contrast import compositional_contrast, contrast

pytestmark = pytest.mark.unit

BATCH, OUTPUTS, SLOTS, DIM = 5, 12, 3, 2


@pytest.fixture
def jacobians() -> Tensor:
    return torch.randn(BATCH, OUTPUTS, SLOTS, DIM, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


@pytest.fixture
def latents() -> Tensor:
    return torch.randn(BATCH, SLOTS, DIM, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


@pytest.fixture
def slot_network() -> nn.Module:
    """From a slot to four outputs; concatenated over slots it is a compositional generator."""
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(DIM, 8), nn.LeakyReLU(0.2), nn.Linear(8, 4)).double()


@pytest.fixture
def decoder() -> nn.Module:
    torch.manual_seed(0)
    layers = nn.Linear(SLOTS * DIM, 16), nn.ELU(), nn.Linear(16, 32), nn.Unflatten(1, (2, 4, 4)), nn.ConvTranspose2d(2, 3, 2, 2)
    return nn.Sequential(nn.Flatten(), *layers).double()


def published(jacobian: Tensor, *, weighted: bool) -> float:
    """Of one sample, term by term as section 2.2 of the specification has it."""
    norms = [[float(torch.linalg.norm(jacobian[row, slot])) for slot in range(SLOTS)] for row in range(len(jacobian))]
    means = [sum(row) / SLOTS if weighted else 1 for row in norms]
    top = max(means)
    return sum(
        mean / top * sum(a / mean * b / mean for a, b in combinations(row, 2)) for row, mean in zip(norms, means, strict=True)
    )


@pytest.mark.parametrize("form", ["plain", "weighted"])
def test_contrast_is_the_published_sum(jacobians, form):
    found = contrast(jacobians, form=form)

    wanted = [published(jacobian, weighted=form == "weighted") for jacobian in jacobians]
    assert found.tolist() == pytest.approx(wanted, rel=1e-9)


def test_contrast_is_half_of_the_square_of_the_sum_without_the_squares(jacobians):
    norms = torch.linalg.norm(jacobians, dim=-1)

    identity = 0.5 * (norms.sum(-1).square() - norms.square().sum(-1)).sum(-1)

    assert contrast(jacobians).tolist() == pytest.approx(identity.tolist(), rel=1e-9)


@pytest.mark.parametrize("form", ["plain", "weighted"])
def test_equal_slots_reach_the_upper_bound(form):
    everywhere = torch.zeros(1, OUTPUTS, SLOTS, DIM)
    everywhere[..., 0] = 1

    assert contrast(everywhere, form=form).item() == pytest.approx(OUTPUTS * SLOTS * (SLOTS - 1) / 2)


@pytest.mark.parametrize("form", ["plain", "weighted"])
def test_disjoint_blocks_have_none_and_a_finite_gradient(form):
    blocks = torch.zeros(1, OUTPUTS, SLOTS, DIM)
    for slot in range(SLOTS):
        blocks[:, slot::4, slot] = torch.randn(3, DIM)
    blocks.requires_grad_()

    found = contrast(blocks, form=form)
    found.sum().backward()

    # The last quarter of the outputs depends on nothing at all.
    assert found.tolist() == [0]
    assert blocks.grad.isfinite().all()


def test_gradient_of_the_penalty_is_right(jacobians):
    assert torch.autograd.gradcheck(contrast, jacobians[:2].clone().requires_grad_())


def test_small_influence_beside_a_large_one_is_not_rounded_away():
    jacobian = torch.tensor([1.0, 1e-6])[None, None, :, None]

    # In float32 (1 + 1e-6)² - 1 - 1e-12 is wrong in the second digit.
    assert contrast(jacobian).item() == pytest.approx(1e-6, rel=1e-5)


def test_stacked_networks_keep_their_axes(jacobians):
    stacked = contrast(torch.stack([jacobians, 2 * jacobians]))

    assert stacked.shape == (2, BATCH)
    assert (stacked[1] / stacked[0]).tolist() == pytest.approx([4] * BATCH)


def test_weighted_contrast_has_no_scale(jacobians):
    assert contrast(5 * jacobians, form="weighted").tolist() == pytest.approx(contrast(jacobians, form="weighted").tolist())


@pytest.mark.parametrize("form", ["plain", "weighted", "whitened"])
def test_true_generator_is_compositional_and_a_rotation_of_it_is_not(slot_network, latents, form):
    turn = torch.linalg.qr(torch.randn(SLOTS * DIM, SLOTS * DIM, generator=torch.Generator().manual_seed(2)))[0].double()

    def generated(slots: Tensor) -> Tensor:
        return slot_network(slots).flatten(1)

    def turned(slots: Tensor) -> Tensor:
        return generated((slots.flatten(1) @ turn).unflatten(1, (SLOTS, DIM)))

    assert compositional_contrast(generated, latents, form=form).tolist() == [0] * BATCH
    assert (compositional_contrast(turned, latents, form=form) > 0.01).all()


def test_contrast_of_a_decoder_is_that_of_its_jacobians(decoder, latents):
    found = compositional_contrast(decoder, latents)

    slopes = torch.stack([torch.autograd.functional.jacobian(lambda z: decoder(z[None]).flatten(), z) for z in latents])
    assert found.tolist() == pytest.approx(contrast(slopes).tolist(), rel=1e-9)
    assert not found.requires_grad


@pytest.mark.parametrize("form", ["plain", "weighted", "whitened"])
def test_chunks_do_not_matter(decoder, latents, form):
    whole, parts = (compositional_contrast(decoder, latents, form=form, chunk=chunk) for chunk in (64, 2))

    assert parts.tolist() == pytest.approx(whole.tolist())


def test_spreading_the_latents_lowers_the_plain_contrast_alone(decoder, latents):
    found = {
        form: [
            compositional_contrast(decoder, latents, form=form).mean(),
            compositional_contrast(lambda z: decoder(z / 2), 2 * latents, form=form).mean(),
        ]
        for form in ("plain", "weighted", "whitened")
    }

    ratios = {form: float(spread / close) for form, (close, spread) in found.items()}
    assert ratios == {form: pytest.approx(ratio) for form, ratio in (("plain", 1 / 4), ("weighted", 1), ("whitened", 1))}


def test_whitened_contrast_is_the_same_after_linear_maps_inside_slots(decoder, latents):
    maps = torch.randn(SLOTS, DIM, DIM, generator=torch.Generator().manual_seed(3), dtype=torch.float64)

    found = compositional_contrast(
        lambda z: decoder(torch.einsum("bkd,kde->bke", z - 7, torch.linalg.inv(maps))),
        torch.einsum("bkd,kde->bke", latents, maps) + 7,
        form="whitened",
    )

    assert found.tolist() == pytest.approx(compositional_contrast(decoder, latents, form="whitened").tolist())


def test_whitened_contrast_of_white_latents_is_the_plain_one(decoder):
    latents = torch.randn(40, SLOTS, DIM, generator=torch.Generator().manual_seed(4), dtype=torch.float64)
    for slot in range(SLOTS):
        centered = latents[:, slot] - latents[:, slot].mean(dim=0)
        latents[:, slot] = torch.linalg.qr(centered)[0] * 40**0.5

    plain, whitened = (compositional_contrast(decoder, latents, form=form) for form in ("plain", "whitened"))

    assert whitened.tolist() == pytest.approx(plain.tolist())


def test_dimension_that_does_not_vary_counts_nothing_when_whitened(decoder, latents):
    latents[:, :, 1] = 0.3

    found = compositional_contrast(decoder, latents, form="whitened")

    def without(slots: Tensor) -> Tensor:
        return decoder(torch.cat([slots, torch.full_like(slots, 0.3)], dim=2))

    assert found.tolist() == pytest.approx(compositional_contrast(without, latents[:, :, :1], form="whitened").tolist())


@pytest.mark.parametrize(("latents", "form"), [(torch.zeros(4, 6), "plain"), (torch.randn(2, 3, 2), "whitened")])
def test_latents_that_do_not_fit_are_told(decoder, latents: Tensor, form):
    with pytest.raises(InputError) as raised:
        compositional_contrast(decoder, latents.double(), form=form)

    assert raised.value.field == "latents"
