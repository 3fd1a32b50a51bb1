"""Perceptual distances: against the formula written out, on real photographs, and from files that may be anything."""

import io
from collections.abc import Callable
from importlib import resources
from pathlib import Path

import numpy as np
import pytest
import torch
import torchvision
from PIL import Image
from safetensors.torch import save_file

from experiments.contract.errors import InputError
from experiments.methods.observers.lpips_weights import load_lpips
from experiments.methods.observers.perceptual import SIDE, Layers, Perceptual, efficientnet_features, read_pixels
from experiments.methods.observers.seen import SeenImage
from tests.experiments.methods.observers.seen_trials import image_of

pytestmark = pytest.mark.unit
# Where the five layers of LPIPS end in torchvision's AlexNet, and their channels.
ALEXNET_ENDS, ALEXNET_CHANNELS = (2, 5, 8, 10, 12), (64, 192, 384, 256, 256)


def png(pixels: np.ndarray, **options: object) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format="PNG", **options)
    return buffer.getvalue()


def noise(seed: int, *, side: int = SIDE) -> SeenImage:
    return image_of(png(np.random.default_rng(seed).integers(0, 256, (side, side, 3), dtype=np.uint8)))


def photograph(name: str, *, shift: int = 0) -> SeenImage:
    with (resources.files("skimage.data") / name).open("rb") as file, Image.open(file) as image:
        box = (shift, shift, shift + 256, shift + 256)
        return image_of(png(np.asarray(image.convert("RGB").crop(box).resize((128, 128)))))


@pytest.fixture
def alexnet() -> torch.nn.Module:
    torch.manual_seed(0)
    features = torchvision.models.alexnet(weights=None).features.eval().requires_grad_(False)
    assert isinstance(features, torch.nn.Module)
    return features


@pytest.fixture
def written(tmp_path: Path, alexnet: torch.nn.Module) -> Callable[..., tuple[Path, Path]]:
    """A function that writes the two files of an LPIPS."""
    generator = torch.Generator().manual_seed(1)
    lin = {f"lin{i}.model.1.weight": torch.rand(1, n, 1, 1, generator=generator) for i, n in enumerate(ALEXNET_CHANNELS)}
    backbone = {f"features.{name}": tensor for name, tensor in alexnet.state_dict().items()}

    def write(**changed: dict[str, torch.Tensor]) -> tuple[Path, Path]:
        paths = tmp_path / "lin.safetensors", tmp_path / "alexnet.safetensors"
        for path, tensors in zip(paths, (changed.get("lin", lin), changed.get("backbone", backbone)), strict=True):
            save_file(tensors, path)
        return paths

    return write


def written_out(alexnet: torch.nn.Module, lin: list[np.ndarray], a: SeenImage, b: SeenImage) -> float:
    """Zhang et al. 2018, eq. 1, in double precision and with loops."""
    mean, std = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
    total = 0.0
    for end, weights in zip(ALEXNET_ENDS, lin, strict=True):
        maps = []
        for image in (a, b):
            pixels = np.asarray(Image.open(io.BytesIO(image.content))) / 255
            batch = torch.from_numpy(((pixels - mean) / std).transpose(2, 0, 1)[None].copy()).double()
            output = alexnet.double()[:end](batch)[0].numpy()
            maps.append(output / (np.sqrt((output**2).sum(axis=0)) + 1e-10))
        squared = (maps[0] - maps[1]) ** 2
        height, width = squared.shape[1:]
        total += sum(float(weights @ squared[:, y, x]) for y in range(height) for x in range(width)) / (height * width)
    return total


def test_lpips_is_the_published_formula(alexnet: torch.nn.Module, written: Callable[..., tuple[Path, Path]]):
    weights, backbone = written()
    measure = load_lpips(weights, backbone=backbone)
    images = [noise(seed) for seed in range(3)]

    distances = measure.distances(images[:2], images[1:])

    lin = [tensor.flatten().double().numpy() for tensor in measure.weights]
    expected = [[written_out(alexnet, lin, a, b) for b in images[1:]] for a in images[:2]]
    assert distances == pytest.approx(np.array(expected), rel=1e-4, abs=1e-6)


def test_without_weights_every_channel_counts_one(written: Callable[..., tuple[Path, Path]]):
    ones = {f"lin{i}.weight": torch.ones(n) for i, n in enumerate(ALEXNET_CHANNELS)}
    weights, backbone = written(lin=ones)
    weighted = load_lpips(weights, backbone=backbone)
    plain = Perceptual(weighted.features)

    a, b = noise(1), noise(2)

    assert plain.distances([a], [b]) == pytest.approx(weighted.distances([a], [b]))


def test_an_image_is_at_distance_zero_from_itself_and_order_does_not_matter():
    measure = Perceptual(efficientnet_features())
    cat, cup = photograph("chelsea.png"), photograph("coffee.png")

    there, back = measure.distances([cat, cup], [cat, cup]), measure.distances([cup, cat], [cup, cat])

    assert np.diag(there) == pytest.approx([0, 0])
    assert there[0, 1] == pytest.approx(there[1, 0])
    assert there == pytest.approx(back)


def test_the_same_cat_moved_a_little_is_nearer_than_a_cup_of_coffee():
    measure = Perceptual(efficientnet_features())

    near, far = measure.distances([photograph("chelsea.png")], [photograph("chelsea.png", shift=8), photograph("coffee.png")])[0]

    assert 0 < near < far


def test_each_image_goes_through_the_network_once():
    seen: list[int] = []

    def counted(images: torch.Tensor) -> Layers:
        seen.append(len(images))
        return [images]

    measure = Perceptual(counted)
    images = [noise(seed, side=8) for seed in range(13)]
    first = measure.distances(images[:2], images[2:])
    again = measure.distances(images[:2], images[2:])
    measure.distances(images[2:4], images[4:])

    assert sum(seen) == 13
    assert (first == again).all()


def test_images_of_any_size_and_mode_are_read_as_color(tmp_path: Path):
    gray = np.full((5, 9), 100, dtype=np.uint8)
    transparent = np.full((7, 7, 4), 100, dtype=np.uint8)

    for content in (png(gray), png(transparent), png(gray) + bytes(1000)):
        pixels = read_pixels(content)

        assert pixels.shape == (3, SIDE, SIDE)
        assert pixels == pytest.approx(100 / 255)


@pytest.mark.parametrize("content", [b"", b"GIF89a", png(np.zeros((64, 64, 3), dtype=np.uint8))[:60]])
def test_a_file_that_is_no_whole_png_is_refused(content: bytes):
    with pytest.raises(InputError) as caught:
        read_pixels(content)

    assert caught.value.field == "image"


def test_no_images_have_no_distances():
    measure = Perceptual(efficientnet_features())

    assert measure.distances([], [noise(1)]).shape == (0, 1)
    assert measure.distances([noise(1)], []).shape == (1, 0)


@pytest.mark.parametrize(
    ("lin", "message"),
    [
        ({"mlp.weight": torch.ones(3), "extractor_list.0.model.cls_token": torch.ones(3)}, "DreamSim needs its package"),
        ({f"lin{i}.weight": torch.ones(n) for i, n in enumerate((64, 128, 256))}, "64, 128, 256"),
        ({f"lin{i}.weight": -torch.ones(n) for i, n in enumerate(ALEXNET_CHANNELS)}, "negative"),
        ({f"lin{i}.weight": torch.ones(n) * torch.nan for i, n in enumerate(ALEXNET_CHANNELS)}, "not finite"),
        ({f"lin{i}.weight": torch.ones(n) for i, n in enumerate((64, 128, 256, 512, 512))}, "is not a vgg16"),
    ],
)
def test_weights_that_are_not_of_lpips_are_refused(
    written: Callable[..., tuple[Path, Path]], lin: dict[str, torch.Tensor], message: str
):
    weights, backbone = written(lin=lin)

    with pytest.raises(InputError, match=message):
        load_lpips(weights, backbone=backbone)


@pytest.mark.parametrize("content", [None, b"", b"\x80\x02}q\x00.", b"no tensors here, but long enough to be read"])
def test_files_that_are_no_safetensors_are_refused(
    written: Callable[..., tuple[Path, Path]], tmp_path: Path, content: bytes | None
):
    weights, backbone = written()
    broken = tmp_path / "broken.safetensors"
    if content is not None:
        broken.write_bytes(content)

    for field, files in {"weights": (broken, backbone), "backbone": (weights, broken)}.items():
        with pytest.raises(InputError) as caught:
            load_lpips(files[0], backbone=files[1])
        assert caught.value.field == field
