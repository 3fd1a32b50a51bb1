"""Descriptions of images that heads read: of the frozen network, and plain ones as baselines. Called by the classifier."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import nn

from experiments.methods.training.registration import GRAY
from model_zoo.loading import load
from model_zoo.preprocessing import Preprocess
from model_zoo.sources.domain_classifier import Description, DomainClassifier

TRUNK = "efficientnet_lite0.in1k"
AT_ONCE = 32
BINS = 4
"""Of each color channel in the joint histogram."""
RINGS = 24
"""Of the amplitude spectrum."""
COARSE = 16
"""Side in px of the image whose pixels are a description."""

Images = UInt8[np.ndarray, "image side side 3"]
Described = Float[np.ndarray, "image feature"]


def frozen_classifier(description: Description) -> DomainClassifier:
    """A classifier with the pretrained trunk, frozen; its heads mean nothing yet."""
    trunk = load(TRUNK, device="cpu").network
    network = DomainClassifier(description=description, heads=2)
    parts = {"stem": "_conv_stem", "stem_norm": "_bn0", "head": "_conv_head", "head_norm": "_bn1"}
    for ours, theirs in parts.items():
        if not isinstance(network.get_submodule(ours), nn.Identity):
            network.get_submodule(ours).load_state_dict(trunk.get_submodule(theirs).state_dict())
    for number, block in enumerate(network.blocks):
        block.load_state_dict(trunk.get_submodule(f"_blocks.{number}").state_dict())
    return network.eval().requires_grad_(False)


def network_descriptions(images: Images, *, device: str, report: Callable[[int], None]) -> dict[str, Described]:
    """What the frozen network says of images, by name; `report` is told how many are done."""
    network = frozen_classifier("embedding").to(device)
    preprocess = Preprocess(mean=GRAY, std=GRAY, device=device)
    found: dict[str, list[Described]] = {}
    for start in range(0, len(images), AT_ONCE):
        report(start)
        batch = torch.from_numpy(images[start : start + AT_ONCE]).permute(0, 3, 1, 2).to(device).float() / 255
        with torch.no_grad():
            for name, values in network.described(preprocess(batch)).items():
                found.setdefault(name, []).append(values.cpu().numpy())
    return {name: np.concatenate(parts).astype(np.float64) for name, parts in found.items()}


def plain_descriptions(images: Images) -> dict[str, Described]:
    """Baselines without a network: joint color histogram, amplitudes by frequency, coarse pixels."""
    methods: Mapping[str, Callable[[Images], Sequence[Described]]] = {
        "histogram": lambda some: [_histogram(image) for image in some],
        "spectrum": lambda some: [_spectrum(image) for image in some],
        "pixels": lambda some: [_coarse(image) for image in some],
    }
    return {name: np.stack(method(images)) for name, method in methods.items()}


def _histogram(image: UInt8[np.ndarray, "side side 3"]) -> Float[np.ndarray, " bin"]:
    """Shares of pixels by color, each root, so that rare colors count."""
    bins = (image // (256 // BINS)).astype(int) @ (BINS**2, BINS, 1)
    shares: Float[np.ndarray, " bin"] = np.sqrt(np.bincount(bins.ravel(), minlength=BINS**3) / bins.size)
    return shares


def _spectrum(image: UInt8[np.ndarray, "side side 3"]) -> Float[np.ndarray, " ring"]:
    """Mean logarithm of the Fourier amplitudes of the brightness in rings of equal width."""
    amplitudes = np.log1p(np.abs(np.fft.fft2(image.mean(axis=-1) / 255)))
    side = len(image)
    radius = np.hypot(np.fft.fftfreq(side)[:, None], np.fft.fftfreq(side)[None])
    rings = np.minimum((radius / 0.5 * RINGS).astype(int), RINGS - 1)
    sums = np.bincount(rings.ravel(), weights=amplitudes.ravel(), minlength=RINGS)
    means: Float[np.ndarray, " ring"] = sums / np.bincount(rings.ravel(), minlength=RINGS)
    return means


def _coarse(image: UInt8[np.ndarray, "side side 3"]) -> Float[np.ndarray, " pixel"]:
    """Means of a grid of squares; what is left over at the right and below is not seen."""
    cell = len(image) // COARSE
    cut = image[: cell * COARSE, : cell * COARSE].reshape(COARSE, cell, COARSE, cell, 3) / 255
    return np.asarray(cut.mean(axis=(1, 3)).ravel())
