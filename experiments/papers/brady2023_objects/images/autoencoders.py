"""The image experiment: networks of several methods that reconstruct scenes of sprites, and are never told of objects."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import torch
from jaxtyping import Float
from torch import Tensor

from experiments.contract.fields import require, require_range
from experiments.datasets.scenes.scene import Scenes
from experiments.datasets.scenes.sprites import SpriteScenes
from experiments.methods.slots.objectives import Objective
from experiments.methods.slots.task import as_inputs, slot_noise
from experiments.methods.training.loop import Group
from experiments.methods.training.parallel import share
from experiments.methods.training.plan import Plan
from experiments.methods.training.stacked import step_generator
from experiments.papers.brady2023_objects.images.networks import Method, as_shares, decomposed, new_network, reconstruct, spec_of
from model_zoo.sources.additive_autoencoder import AdditiveAutoencoder
from model_zoo.sources.monet import MonetNetwork

JOURNAL_SCENES = 128
"""Held-out scenes on which the journal's error is taken."""
MONET = Objective(likelihood="mixture", deviation=0.2)
"""The mixture's negative log-likelihood and the network's own costs; its normal laws are about as wide as those published."""


@dataclass(frozen=True, kw_only=True)
class Images:
    """What decides the training of the network of one method; as published by default."""

    method: Method
    slots: int = 4
    latents: int = 16
    """Of a slot."""
    fewest: int = 2
    most: int = 4
    """Sprites of a scene."""
    smallest: float = 0.1
    largest: float = 0.15
    """Radius of a sprite, as a fraction of the side."""
    side: int = 64
    """px."""
    channels: int = 32
    """Of the convolutions of additive autoencoders."""
    width: int = 256
    """Of linear layers, and of tokens."""
    scenes: int = 90_000
    steps: int = 500_000
    batch: int = 64
    learning_rate: float = 4e-4
    decay: Literal["halving", "cosine"] = "halving"
    """Of the rate: half after each fifth of a training, or a cosine to 0."""
    warm_up: int = 0
    """Steps in which the rate rises from 0."""
    clip: float = 0.0
    """Largest norm of a gradient; 0 leaves gradients as they are."""
    fit: int = 2000
    """Held-out scenes to fit the readouts of the score on."""
    score: int = 1000
    """Further held-out scenes to score them on."""
    contrast_scenes: int = 64
    """Of the latter, those on which the contrast is taken."""
    part: Literal["images"] = "images"

    def __post_init__(self) -> None:
        require_range(self, "slots", 2, 16)
        require_range(self, "fewest", 1, 16)
        require_range(self, "most", self.fewest, 16)
        require(self.slots >= self.most, "slots", f"{self.slots} are fewer than {self.most} sprites", "Give as many or more")
        require(self.side in (16, 32, 64, 128), "side", f"{self.side} px is no side", "Choose 16, 32, 64 or 128")
        for name, most in (("scenes", 10**7), ("steps", 10**8), ("batch", 4096), ("latents", 1024)):
            require_range(self, name, 2, most)
        for name in ("fit", "score", "contrast_scenes", "channels", "width"):
            require_range(self, name, 2, 10**5)

    @property
    def plan(self) -> Plan:
        """Of the trainer."""
        often = max(1, self.steps // 20)
        return Plan(
            steps=self.steps,
            learning_rate=self.learning_rate,
            warm_up=self.warm_up,
            clip=self.clip,
            decay=self.decay,
            decay_every=max(1, self.steps // 5),
            measure_every=often,
            keep_every=min(often, 1000),
        )

    @property
    def spec(self) -> dict[str, Any]:
        """The arguments of the network."""
        return spec_of(
            self.method, slots=self.slots, latents=self.latents, side=self.side, channels=self.channels, width=self.width
        )

    def render(self, count: int, *, seed: int, first: int) -> Scenes:
        """Scenes `first` to `first + count - 1` of a seed; the held-out ones stand behind those of the training."""
        kind = SpriteScenes(side=self.side, fewest=self.fewest, most=self.most, smallest=self.smallest, largest=self.largest)
        return kind.render(count, seed=seed, first=first)


class ImageTask:
    """The network of a method and a seed."""

    def __init__(self, about: Images, *, seed: int, device: str) -> None:
        self.about, self.seed, self.device = about, seed, device
        self.network = new_network(about.method, about.spec, seed=seed).to(device)
        self.scenes = torch.from_numpy(about.render(about.scenes, seed=seed, first=0).images)
        self.seen = as_inputs(torch.from_numpy(about.render(JOURNAL_SCENES, seed=seed, first=about.scenes).images)).to(device)

    def groups(self) -> Sequence[Group]:
        """All parameters."""
        return (Group(parameters=list(self.network.parameters())),)

    def loss(self, step: int) -> Float[Tensor, ""]:
        """The mean squared error of the reconstruction; of a MONet its own objective."""
        generator = step_generator(self.seed, step=step, device=self.device)
        rows = torch.randint(self.about.scenes, (self.about.batch,), generator=generator, device=self.device)
        images = as_inputs(self.scenes[share(rows).cpu()].to(self.device))
        if isinstance(self.network, AdditiveAutoencoder):
            return error(reconstruct(self.network, images), images)
        noise = share(slot_noise(self.network, len(rows), slots=self.about.slots, generator=generator))
        if isinstance(self.network, MonetNetwork):
            return MONET(decomposed(self.network, images, noise=noise), images)
        return error(reconstruct(self.network, images, noise=noise), images)

    def measure(self) -> Mapping[str, float]:
        """The error on held-out scenes."""
        with torch.no_grad():
            return {"error": float(error(reconstruct(self.network, self.seen), self.seen))}


def error(reconstructed: Float[Tensor, "*batch"], images: Float[Tensor, "*batch"]) -> Float[Tensor, ""]:
    """The mean squared error of colors in [0, 1], of images in [-1, 1]."""
    return (reconstructed - as_shares(images)).square().mean()
