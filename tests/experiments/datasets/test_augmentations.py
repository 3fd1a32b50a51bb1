"""Augmentations with known parameters: torchvision's functions are the oracle, one image at a time."""

import dataclasses

import pytest
import torch
from torchvision.transforms.v2 import functional as torchvision

from experiments.contract.errors import InputError
from experiments.datasets.augmentations import AugmentationLaw, Augmentations, augment, draw_augmentations, resized

pytestmark = pytest.mark.unit
SIDE = 32


def images(count: int = 4) -> torch.Tensor:
    return torch.rand(count, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(0))


def unchanged(count: int = 4, **changes: torch.Tensor) -> Augmentations:
    one, none, no = torch.ones(count), torch.zeros(count), torch.zeros(count, dtype=torch.bool)
    still = Augmentations(
        **{"scale": one, "horizontal": none, "vertical": none, "flipped": no, "jittered": no, "brightness": one},
        **{"contrast": one, "saturation": one, "hue": none, "grayed": no, "blurred": no, "sigma": none},
    )
    return dataclasses.replace(still, **changes)


def test_without_any_change_a_view_is_the_image():
    torch.testing.assert_close(augment(images(), unchanged(), side=SIDE), images(), atol=1e-5, rtol=0)
    torch.testing.assert_close(resized(images(), side=SIDE), images(), atol=1e-5, rtol=0)


def test_a_crop_shows_its_part_and_a_flip_mirrors_it():
    half, place = torch.full((4,), 0.5), torch.full((4,), 0.5)

    cropped = augment(images(), unchanged(scale=half, horizontal=place, vertical=-place), side=SIDE // 2)
    mirrored = augment(images(), unchanged(flipped=torch.ones(4, dtype=torch.bool)), side=SIDE)

    torch.testing.assert_close(cropped, images()[:, :, : SIDE // 2, SIDE // 2 :], atol=1e-5, rtol=0)
    torch.testing.assert_close(mirrored, images().flip(-1), atol=1e-5, rtol=0)


@pytest.mark.parametrize(
    ("name", "oracle"),
    [
        ("brightness", torchvision.adjust_brightness),
        ("contrast", torchvision.adjust_contrast),
        ("saturation", torchvision.adjust_saturation),
    ],
)
def test_color_factors_are_those_of_torchvision(name, oracle):
    factors = torch.tensor([0.6, 0.9, 1.2, 1.4])

    views = augment(images(), unchanged(**{name: factors}), side=SIDE)

    expected = torch.stack([oracle(image, float(factor)) for image, factor in zip(images(), factors, strict=True)])
    torch.testing.assert_close(views, expected, atol=2e-4, rtol=0)


def test_the_blur_is_that_of_torchvision_and_leaves_sharp_images_alone():
    sigmas = torch.tensor([0.0, 0.5, 1.0, 2.0])

    views = augment(images(), unchanged(sigma=sigmas), side=SIDE)

    blurred = [
        torchvision.gaussian_blur(image, 5, [float(sigma)] * 2) for image, sigma in zip(images()[1:], sigmas[1:], strict=True)
    ]
    torch.testing.assert_close(views, torch.stack([images()[0], *blurred]), atol=1e-5, rtol=0)


def test_gray_images_have_no_color_and_hue_keeps_luminance():
    gray = augment(images(), unchanged(grayed=torch.ones(4, dtype=torch.bool)), side=SIDE)
    muted = images() * 0.2 + 0.4
    turned = augment(muted, unchanged(hue=torch.tensor([0.0, 0.25, 0.5, 1.0])), side=SIDE)

    torch.testing.assert_close(gray, torchvision.rgb_to_grayscale(images(), num_output_channels=3), atol=2e-4, rtol=0)
    torch.testing.assert_close(torchvision.rgb_to_grayscale(turned), torchvision.rgb_to_grayscale(muted), atol=2e-4, rtol=0)
    torch.testing.assert_close(turned[[0, 3]], muted[[0, 3]], atol=1e-4, rtol=0)
    assert (turned[1] - muted[1]).abs().max() > 0.05


def test_drawn_parameters_follow_the_law_and_the_seed():
    law = AugmentationLaw(smallest=0.25, flip=1.0, jitter=0.0, gray=0.0, blur=1.0)

    drawn, again = (draw_augmentations(law, 1000, generator=torch.Generator().manual_seed(5)) for _ in range(2))

    assert all(torch.equal(getattr(drawn, field.name), getattr(again, field.name)) for field in dataclasses.fields(drawn))
    assert bool(drawn.flipped.all() and drawn.blurred.all() and not drawn.jittered.any() and not drawn.grayed.any())
    assert bool((drawn.brightness == 1).all() and (drawn.hue == 0).all())
    assert drawn.scale.min() >= 0.5
    assert drawn.scale.max() <= 1
    assert ((drawn.horizontal.abs() + drawn.scale) <= 1 + 1e-6).all()
    assert drawn.sigma.min() >= law.sharpest
    assert drawn.sigma.max() <= law.softest


@pytest.mark.parametrize(("field", "value"), [("smallest", 0.0), ("flip", 1.2), ("hue", 0.7), ("softest", 0.05)])
def test_a_law_that_is_none_is_refused(field: str, value: float):
    with pytest.raises(InputError) as caught:
        AugmentationLaw(**{field: value})

    assert caught.value.field == field
