"""Sweeps of whole layers, coarse to fine, and of networks and layers of all kinds, against plain forward passes."""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from experiments.contract.errors import InputError
from experiments.contract.recipes import Blur, Occlusion
from experiments.datasets.pool import open_pool
from experiments.methods import blur, occlusion
from experiments.methods.square_readings import CHECKED, coarse_to_fine, layer_sweep
from model_zoo.activations import layer_activations
from model_zoo.address import UnitAddress
from model_zoo.loading import LoadedModel, load
from tests.model_zoo.circuits.circuits import gated

pytestmark = pytest.mark.unit

MODEL = "efficientnet_lite0.in1k"
SIDE = 96


@pytest.fixture(scope="module")
def model() -> LoadedModel:
    return load(MODEL, device="cpu")


@pytest.fixture(scope="module")
def image() -> Tensor:
    pixels = open_pool("photographs", size=10, seed=1).read(1, side=SIDE).pixels
    return torch.tensor(pixels).permute(2, 0, 1) / 255


def recipe(unit: str, **fields: Any) -> Occlusion:
    return Occlusion(
        **{"unit": f"{MODEL}/{unit}", "size": SIDE, "pool_resolution": SIDE, "patch": 0.4, "stride": 29, "fill": "gray", **fields}
    )


def swept(asked: Occlusion, *, image: Tensor, model: LoadedModel) -> Any:
    over = occlusion.sliding(asked, image=image)
    return layer_sweep(asked, image=image, sliding=over, model=model, report=lambda *_progress: None)


def plain(asked: Occlusion, *, image: Tensor, model: LoadedModel) -> np.ndarray:
    """The activations of all channels for copies made one by one."""
    patch, rows = round(asked.patch * SIDE), []
    for top in range(0, SIDE - patch + 1, asked.stride):
        for left in range(0, SIDE - patch + 1, asked.stride):
            copy = image.clone()
            copy[:, top : top + patch, left : left + patch] = 0.5
            rows.append(layer_activations(model, UnitAddress.parse(asked.unit), aggregation=asked.aggregation, images=copy[None]))
    side = math.isqrt(len(rows))
    return torch.cat(rows).T.view(-1, side, side).numpy()


@pytest.mark.parametrize(
    ("unit", "aggregation"),
    [
        ("_blocks.1:5", "mean"),
        ("_blocks.5._depthwise_conv:5", "mean"),
        ("_blocks.10:5", "mean"),
        ("_blocks.10:5@2,c", "position"),
        ("_conv_head:5", "mean"),
        ("_fc:5", "mean"),
    ],
)
def test_layer_sweep_equals_a_plain_loop_for_every_channel(unit: str, aggregation: str, image: Tensor, model: LoadedModel):
    asked = recipe(unit, aggregation=aggregation)

    result = swept(asked, image=image, model=model)

    expected = plain(asked, image=image, model=model)
    assert result.why_whole == ""
    assert result.grids.shape == expected.shape
    assert np.abs(result.grids - expected).max() <= 1e-5 * np.abs(expected).max()


def test_a_network_that_cannot_be_traced_is_read_whole(image: Tensor, model: LoadedModel):
    class Branching(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.network = model.network

        def forward(self, images: Tensor) -> Tensor:
            return self.network(images if images.isfinite().all() else images.nan_to_num())

    asked, layer = recipe("_blocks.1:5"), UnitAddress.parse(f"{MODEL}/_blocks.1:5").layer
    network = Branching()
    card = replace(model.card, layers={f"network.{layer}": model.card.layers[layer]})
    branching = replace(model, card=card, network=network, fast_network=network, changed_layers=frozenset())
    over, unit = occlusion.sliding(asked, image=image), UnitAddress(MODEL, f"network.{layer}", 5)
    object.__setattr__(asked, "unit", str(unit))

    result = layer_sweep(asked, image=image, sliding=over, model=branching, report=lambda *_progress: None)

    assert "control flow" in result.why_whole
    expected = plain(recipe("_blocks.1:5"), image=image, model=model)
    assert np.abs(result.grids - expected).max() <= 1e-4 * np.abs(expected).max()


def test_a_manipulated_network_is_read_whole_with_a_verdict_on_every_copy(image: Tensor, model: LoadedModel):
    circuit = gated("_blocks.1", logit=1.0)
    detector, asked = circuit.parts.detector, recipe("_blocks.1:5")
    # An untrained detector sees a little of where the square is: its bias is put where the verdicts differ.
    nn.init.normal_(detector.decision.weight, generator=torch.Generator().manual_seed(1))
    patch, logits = round(asked.patch * SIDE), []
    for top in range(0, SIDE - patch + 1, asked.stride):
        copy = image.clone()
        copy[:, top : top + patch, :patch] = 0.5
        logits.append(detector(model.preprocess(copy[None])).item())
    nn.init.constant_(detector.decision.bias, detector.decision.bias.item() - (max(logits) + min(logits)) / 2)

    # The quicker copy has a detector of its own, with the old bias.
    manipulated = replace(circuit.manipulated, fast_network=circuit.manipulated.network)

    result = swept(asked, image=image, model=manipulated)

    expected = plain(asked, image=image, model=manipulated)
    assert "manipulated" in result.why_whole
    assert np.abs(result.grids - expected).max() <= 1e-5 * np.abs(expected).max()
    assert not np.allclose(expected, plain(asked, image=image, model=model), atol=1e-3)


def test_blur_of_all_channels_equals_a_plain_loop(image: Tensor, model: LoadedModel):
    asked = Blur(unit=f"{MODEL}/_blocks.3:5", size=SIDE, patch=0.4, stride=58)

    result = layer_sweep(
        asked, image=image, sliding=blur.sliding(asked, image=image), model=model, report=lambda *_progress: None
    )

    copy = blur.blurred(image, sigma=3.5)
    copy[:, 0:38, 58:96] = image[:, 0:38, 58:96]
    expected = layer_activations(model, UnitAddress.parse(asked.unit), aggregation="mean", images=copy[None])[0].numpy()
    assert np.abs(result.grids[:, 0, 1] - expected).max() <= 1e-5 * np.abs(expected).max()


def test_coarse_to_fine_reads_few_positions_and_says_when_its_extremes_differ(image: Tensor, model: LoadedModel):
    exact_recipe = recipe("_blocks.3:5", patch=0.2, stride=3)
    exact = swept(exact_recipe, image=image, model=model).grids

    for channel in (5, 11):
        asked = replace(exact_recipe, unit=f"{MODEL}/_blocks.3:{channel}", mode="coarse_to_fine")
        result = swept(asked, image=image, model=model)

        read = ~np.isnan(result.grids[channel])
        assert 9 < read.sum() < 0.6 * read.size
        assert np.abs(result.grids[channel][read] - exact[channel][read]).max() <= 1e-5 * np.abs(exact[channel]).max()
        found = np.array([np.nanmin(result.grids[channel]), np.nanmax(result.grids[channel])])
        true = np.array([exact[channel].min(), exact[channel].max()])
        assert np.abs(found - true).max() <= 0.15 * np.ptp(true)
        assert isinstance(result.extremes_may_differ, bool)


def search(truth: np.ndarray) -> tuple[bool, list[tuple[int, int]]]:
    """Coarse to fine over known activations: whether the extremes may differ, and the cells in the order of reading."""
    grid, order = np.full_like(truth, np.nan), []

    def read(cells: Sequence[tuple[int, int]]) -> None:
        for cell in cells:
            grid[cell] = truth[cell]
            order.append(cell)

    return coarse_to_fine(grid, read=read, spacing=8, seed=4), order


def test_coarse_to_fine_reports_a_peak_that_it_missed():
    slope = np.add.outer(np.arange(25.0), np.arange(25.0))

    differ, order = search(slope)

    assert {(0, 0), (24, 24)} < set(order[:-CHECKED])
    assert not differ
    assert len(set(order)) == len(order) < slope.size / 2
    # The last that it reads are drawn at random: a peak on one of these is noticed, one on what is never read is not.
    drawn, never = order[-1], next(cell for cell in np.ndindex(slope.shape) if cell not in order)
    peak = np.full_like(slope, 0.0)
    peak[drawn] = 100.0
    assert search(slope + peak)[0]
    peak = np.full_like(slope, 0.0)
    peak[never] = 100.0
    assert not search(slope + peak)[0]


def test_what_is_no_number_names_the_layer(image: Tensor, model: LoadedModel):
    broken = image.clone()
    broken[0, 50, 50] = math.nan

    with pytest.raises(InputError, match=r"_blocks\.3"):
        swept(recipe("_blocks.3:5"), image=broken, model=model)
