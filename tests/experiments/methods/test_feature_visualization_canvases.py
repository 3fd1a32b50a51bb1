"""Parametrizations against lucent's own code and closed forms, transforms against plain pixel operations."""

from pathlib import Path
from typing import Any

import pytest
import torch
from lucent.optvis import param
from torch import Tensor
from torch.nn import functional

from experiments.contract.recipes import PoolListing
from experiments.methods.feature_visualization.colors import from_rgb, to_rgb
from experiments.methods.feature_visualization.fourier import SPECTRUM_SD, FourierImages
from experiments.methods.feature_visualization.maco import MacoImages, natural_magnitudes
from experiments.methods.feature_visualization.pixel import PixelImages
from experiments.methods.feature_visualization.transforms import MACO_CROPS, TRANSFORMS, Crops, Transforms, crop
from experiments.methods.pool_listing import ListedPool
from tests.experiments.methods.visualizations import seeded
from tests.experiments.methods.workshops import new_workshop

pytestmark = pytest.mark.unit


def test_fourier_images_are_those_of_lucent():
    (spectrum,), images_of = param.image(32, batch=2)
    ours = FourierImages(side=32, streams=[seeded(1), seeded(2)], device="cpu")

    ours.parameter = spectrum.detach()

    assert torch.allclose(ours(), images_of(), atol=1e-6)
    assert spectrum.std().item() == pytest.approx(SPECTRUM_SD, rel=0.05)


def test_fourier_images_of_odd_side_are_those_of_lucent_without_the_frequency_that_lucent_adds():
    (spectrum,), images_of = param.image(33, batch=2)
    ours = FourierImages(side=33, streams=[seeded(1), seeded(2)], device="cpu")

    ours.parameter = spectrum.detach()[:, :, :, :17]

    assert torch.allclose(ours(), images_of(), atol=1e-6)


def test_pixel_images_are_those_of_lucent():
    (pixels,), images_of = param.image(32, batch=2, fft=False)
    ours = PixelImages(side=32, streams=[seeded(1), seeded(2)], device="cpu")

    ours.parameter = pixels.detach()

    assert torch.allclose(ours(), images_of(), atol=1e-6)


def test_colors_come_back():
    images = 0.05 + 0.9 * torch.rand(2, 3, 8, 8, generator=seeded())

    assert torch.allclose(to_rgb(from_rgb(images)), images, atol=1e-5)


def test_natural_magnitudes_are_the_mean_of_the_pool(tmp_path: Path):
    workshop = new_workshop(tmp_path)
    pool = ListedPool(workshop.obtain(PoolListing(pool_size=3)), store=workshop.store)

    spectra = []
    for place in range(3):
        pixels = torch.tensor(pool.read(place, side=32).pixels).permute(2, 0, 1)[None] / 255
        spectra.append(torch.fft.rfft2(from_rgb(pixels)[0], norm="ortho").abs())

    assert torch.allclose(natural_magnitudes(pool, side=32), torch.stack(spectra).mean(dim=0), rtol=1e-4)


@pytest.mark.parametrize("side", [32, 33])
def test_maco_keeps_its_magnitudes_while_it_is_optimized(side: int):
    magnitudes = torch.rand(3, side, side // 2 + 1, generator=seeded())
    # Those of a real image: the same at opposite frequencies.
    magnitudes = torch.fft.rfft2(torch.fft.irfft2(magnitudes, s=(side, side))).abs()
    canvas = MacoImages(magnitudes=magnitudes, streams=[seeded(1), seeded(2)], device="cpu")
    before, optimizer = canvas().detach(), torch.optim.Adam([canvas.parameter], lr=0.1)

    for _ in range(5):
        optimizer.zero_grad()
        canvas()[:, 0, :8, :8].sum().backward()
        optimizer.step()

    kept = torch.fft.rfft2(canvas.plain().detach(), norm="ortho").abs()
    assert (kept - magnitudes).abs().max() < 1e-3 * magnitudes.max()
    assert (canvas() - before).abs().max() > 0.01


def test_item_of_a_batch_depends_on_its_own_stream_only():
    alone = FourierImages(side=32, streams=[seeded(2)], device="cpu")()
    together = FourierImages(side=32, streams=[seeded(1), seeded(2)], device="cpu")()

    assert torch.allclose(alone[0], together[1], atol=1e-6)


def still(**fields: Any) -> Transforms:
    values = {"jitter": (1, 1), "scales": [1.0], "angles": [0.0], "canvas_margin": 0, "view_margin": 0, **fields}
    return Transforms(**values)


def streams(count: int) -> list[torch.Generator]:
    return [seeded(i) for i in range(count)]


def test_view_without_motion_is_the_image():
    image = torch.rand(2, 3, 16, 16, generator=seeded())

    assert torch.allclose(still().view(image, side=16, streams=streams(2)), image, atol=1e-5)


def test_view_shows_gray_beyond_the_image():
    image = torch.ones(1, 3, 16, 16)

    seen = still(view_margin=8).view(image, side=32, streams=streams(1))

    assert torch.allclose(seen, functional.pad(image, [8] * 4, value=0.5), atol=1e-5)


def test_view_rotates_by_right_angles_exactly():
    image = torch.rand(1, 3, 16, 16, generator=seeded())

    seen = still(angles=[90.0]).view(image, side=16, streams=streams(1))

    # Turning what is seen one way is the image turned the other way.
    assert torch.allclose(seen, image.rot90(1, dims=(2, 3)), atol=1e-4)


def test_view_jitters_by_whole_pixels_within_its_range():
    image = torch.zeros(200, 3, 16, 16)
    image[:, :, 8, 8] = 1

    seen = still(jitter=(4, 1)).view(image, side=16, streams=streams(200)).round()

    places = {tuple(place) for place in seen[:, 0].nonzero()[:, 1:].tolist()}
    assert {8 - row for row, _ in places} == {8 - column for _, column in places} == {-2, -1, 0, 1}


def test_crops_show_a_part_of_the_image_at_full_size():
    ramp = torch.linspace(0, 1, 64).expand(20, 3, 64, 64)

    seen = Crops(shares=(0.5, 0.5), noise=0.0).view(ramp, side=64, streams=streams(20))

    # Half a px at the border may be mixed with the gray beyond.
    assert torch.allclose(seen[:, 0, 32, -5] - seen[:, 0, 32, 4], torch.tensor(55 / 63 / 2), atol=1e-4)
    assert _spread(seen[:, 0, 32, 4]) > 0.3


def test_crops_add_noise_of_the_deviation_asked_for():
    gray = torch.full((2, 3, 64, 64), 0.5)

    seen = MACO_CROPS.view(gray, side=64, streams=streams(2))

    assert seen.std().item() == pytest.approx(MACO_CROPS.noise, rel=0.05)


@pytest.mark.parametrize(("name", "canvas"), [("standard", 64), ("published", 96), ("none", 64)])
def test_transforms_leave_an_image_of_the_size_asked_for(name: str, canvas: int):
    views = TRANSFORMS[name]
    image = torch.rand(3, 3, canvas, canvas, generator=seeded())

    assert views.view(image, side=64, streams=streams(3)).shape == (3, 3, 64, 64)
    assert crop(image, margin=views.canvas_margin).shape == (3, 3, 64, 64)


def _spread(values: Tensor) -> float:
    return (values.max() - values.min()).item()
