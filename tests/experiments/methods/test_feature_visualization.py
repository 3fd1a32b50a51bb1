"""The renderer: its parts against lucent's formulas, the whole on the real network."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional

from experiments.contract.errors import Cancelled, InputError
from experiments.contract.recipes import FeatureVisualization
from experiments.methods.feature_visualization import render, similarity
from experiments.methods.fourier import FourierImages
from experiments.methods.transforms import TRANSFORMS, Transforms
from model_zoo.loading import load
from tests.experiments.methods.workshops import POOL, UNIT, new_workshop, pixels_of

pytestmark = pytest.mark.unit


def seeded(seed: int = 1) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def silent(_done: int, _total: int, _doing: str) -> None:
    """No progress."""


def recipe(**fields: Any) -> FeatureVisualization:
    return FeatureVisualization(**{"unit": UNIT, "size": 64, "shown_size": 64, "steps": 24, "batch": 2, **POOL, **fields})


def rendered(asked: FeatureVisualization) -> list[float]:
    return render(asked, model=load("efficientnet_lite0.in1k", device="cpu"), report=silent).activations


@pytest.mark.parametrize("side", [32, 33])
def test_fourier_images_follow_the_formula_of_lucid(side: int):
    images = FourierImages(batch=2, side=side, generator=seeded(), device="cpu")
    spectrum = torch.view_as_complex(images.spectrum.detach()).numpy()

    frequency = np.sqrt(np.fft.rfftfreq(side)[None] ** 2 + np.fft.fftfreq(side)[:, None] ** 2)
    plain = np.fft.irfft2(spectrum / np.maximum(frequency, 1 / side), s=(side, side), norm="ortho") / 4
    mixing = np.array([[0.26, 0.09, 0.02], [0.27, 0, -0.05], [0.27, -0.09, 0.03]])
    mixing /= np.linalg.norm(mixing, axis=0).max()
    expected = 1 / (1 + np.exp(-np.einsum("rc,bchw->brhw", mixing, plain)))

    assert np.abs(images().detach().numpy() - expected).max() < 1e-5


def still(**fields: Any) -> Transforms:
    values = {"jitter": (1, 1), "scales": [1.0], "angles": [0.0], "canvas_margin": 0, "view_margin": 0, **fields}
    return Transforms(**values)


def test_view_without_motion_is_the_image():
    image = torch.rand(2, 3, 16, 16, generator=seeded())

    assert torch.allclose(still().view(image, side=16, generator=seeded()), image, atol=1e-5)


def test_view_shows_gray_beyond_the_image():
    image = torch.ones(1, 3, 16, 16)

    seen = still(view_margin=8).view(image, side=32, generator=seeded())

    assert torch.allclose(seen, functional.pad(image, [8] * 4, value=0.5), atol=1e-5)


def test_view_rotates_by_right_angles_exactly():
    image = torch.rand(1, 3, 16, 16, generator=seeded())

    seen = still(angles=[90.0]).view(image, side=16, generator=seeded())

    # Turning what is seen one way is the image turned the other way.
    assert torch.allclose(seen, image.rot90(1, dims=(2, 3)), atol=1e-4)


def test_view_jitters_by_whole_pixels_within_its_range():
    image = torch.zeros(200, 3, 16, 16)
    image[:, :, 8, 8] = 1

    seen = still(jitter=(4, 1)).view(image, side=16, generator=seeded()).round()

    places = {tuple(place) for place in seen[:, 0].nonzero()[:, 1:].tolist()}
    assert {8 - row for row, _ in places} == {8 - column for _, column in places} == {-2, -1, 0, 1}


@pytest.mark.parametrize(("name", "canvas"), [("standard", 64), ("published", 96)])
def test_transforms_leave_an_image_of_the_size_asked_for(name: str, canvas: int):
    transforms = TRANSFORMS[name]
    assert transforms is not None
    image = torch.rand(3, 3, canvas, canvas, generator=seeded())

    assert transforms.view(image, side=64, generator=seeded()).shape == (3, 3, 64, 64)
    assert transforms.crop(image).shape == (3, 3, 64, 64)


def test_similarity_equals_the_double_sum_of_lucid():
    output = torch.randn(4, 6, 5, 3, generator=seeded())
    grams = [functional.normalize((image.flatten(1) @ image.flatten(1).T).flatten(), dim=0) for image in output]

    expected = sum(float(a @ b) for i, a in enumerate(grams) for j, b in enumerate(grams) if i != j) / 4

    assert similarity(output).item() == pytest.approx(expected, rel=1e-5)


def test_similarity_needs_maps():
    with pytest.raises(InputError, match="diversity"):
        similarity(torch.zeros(2, 5))


@pytest.mark.parametrize("transforms", ["standard", "published", "none"])
def test_render_raises_and_lowers_the_activation(transforms: str):
    start, up, down = (
        np.mean(rendered(recipe(transforms=transforms, **fields)))
        for fields in ({"steps": 1, "learning_rate": 1e-5}, {"sign": "max"}, {"sign": "min"})
    )

    assert down < start < up


def test_diversity_makes_a_batch_less_alike():
    model = load("efficientnet_lite0.in1k", device="cpu")

    alike, diverse = (_correlation(render(recipe(diversity=d, batch=3), model=model, report=silent).images) for d in (0.0, 1e3))

    assert diverse < alike


def _correlation(images: Tensor) -> float:
    """Mean similarity of the images in the layer that the diversity is about."""
    model = load("efficientnet_lite0.in1k", device="cpu")
    with torch.no_grad():
        return similarity(model.network._blocks[3](_input_of_block_three(model.network, model.preprocess(images)))).item()


def _input_of_block_three(network: Any, images: Tensor) -> Tensor:
    hidden = network._swish(network._bn0(network._conv_stem(images)))
    for block in network._blocks[:3]:
        hidden = block(hidden)
    return hidden


def test_render_stops_when_it_is_cancelled():
    def cancel(done: int, _total: int, _doing: str) -> None:
        if done == 3:
            raise Cancelled

    with pytest.raises(Cancelled):
        render(recipe(), model=load("efficientnet_lite0.in1k", device="cpu"), report=cancel)


def test_make_records_what_was_reached_beside_the_best_natural_image(tmp_path: Path):
    workshop = new_workshop(tmp_path / "store")
    asked = recipe(shown_size=80)

    made = workshop.obtain(asked)

    assert [file.about["activation"] for file in made.files] == made.values["activations"]
    assert made.values["beats_natural"] == [a > made.values["best_natural"] for a in made.values["activations"]]
    assert pixels_of(made, "image_0", workshop=workshop, tmp_path=tmp_path).shape == (80, 80, 3)
    assert made.values["weights_sha256"] == load("efficientnet_lite0.in1k", device="cpu").card.weights.sha256


def test_same_recipe_gives_the_same_bytes(tmp_path: Path):
    hashes = [[file.sha256 for file in new_workshop(tmp_path / name).obtain(recipe()).files] for name in ("one", "two")]

    assert hashes[0] == hashes[1]
