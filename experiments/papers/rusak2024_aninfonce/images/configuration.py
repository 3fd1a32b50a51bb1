"""What decides the training of an encoder of images: its set, augmentations, network, loss and plan."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from experiments.contract.fields import Json, build, require, require_range
from experiments.datasets.augmentations import AugmentationLaw
from experiments.datasets.image_sets import ImageSet, cifar10, image_folders, packaged_images
from experiments.methods.training.plan import Plan
from model_zoo.sources.resnet_encoder import Stem

Loss = Literal["infonce", "aninfonce"]
DETAIL = 1.5
"""Side of the images that views are cut from, in sides of a view."""


@dataclass(frozen=True, kw_only=True)
class ImageConfiguration:
    """All that decides a training; both losses are the same function before the first step."""

    images: Literal["packaged", "cifar10", "folders"] = "packaged"
    """Photographs and stamps of this machine, or what lies at `path`."""
    path: str = ""
    photographs: int = 400
    """Crops of the photographs."""
    stamps: int = 1194
    """Objects on grays; 0 where they are not installed."""
    backbone: Literal["convolutional", "resnet18", "resnet50"] = "convolutional"
    stem: Stem = "large"
    """Of a ResNet: `small` for images of 32 px."""
    widths: tuple[int, ...] = (16, 32, 64, 128)
    """Of the convolutional one."""
    hidden: int = 128
    latents: int = 32
    side: int = 48
    """px of a view."""
    augmentations: Mapping[str, Json] = field(default_factory=dict)
    """Changes of how views are made, by the fields of `AugmentationLaw`."""
    loss: Loss = "infonce"
    temperature: float = 0.2
    """Of InfoNCE, and where AnInfoNCE starts: its precisions are 1 / temperature at first."""
    precisions_factor: float = 10.0
    """Of their learning rate."""
    batch: int = 128
    """Images a step, two views each."""
    steps: int = 500
    learning_rate: float = 1e-3
    warm_up: int = 20
    measure_every: int = 50
    keep_every: int = 50
    watched: str = ""
    """As in `Plan`: `-held_out_loss`, or nothing."""
    patience: int = 5
    views: int = 2
    """Of each image, for the probes of augmentations."""

    def __post_init__(self) -> None:
        for name, low, high in (("photographs", 0, 5120), ("stamps", 0, 6368), ("side", 16, 512), ("latents", 2, 4096)):
            require_range(self, name, low, high)
        require_range(self, "batch", 2, 100_000)
        require_range(self, "views", 1, 100)
        require(self.temperature > 0, "temperature", f"{self.temperature} is not above 0", "Give a number above 0")
        is_given = self.images == "packaged" or self.path.startswith("/")
        require(is_given, "path", f"{self.images} needs the folder that it lies in", "Give its absolute path")
        self.law  # noqa: B018 -- constructed for its checks
        self.plan  # noqa: B018 -- constructed for its checks

    @property
    def law(self) -> AugmentationLaw:
        """Of the views."""
        return build(AugmentationLaw, self.augmentations)

    @property
    def plan(self) -> Plan:
        """Of the training."""
        return Plan(
            steps=self.steps,
            learning_rate=self.learning_rate,
            warm_up=self.warm_up,
            decay="cosine",
            measure_every=self.measure_every,
            keep_every=self.keep_every,
            watched=self.watched,
            patience=self.patience,
        )


def images_of(configuration: ImageConfiguration, *, seed: int) -> ImageSet:
    """The images of a configuration.

    Raises:
        InputError: They are not there.
    """
    side = round(DETAIL * configuration.side)
    if configuration.images == "cifar10":
        return cifar10(configuration.path)
    if configuration.images == "folders":
        return image_folders(configuration.path, side=side)
    return packaged_images(photographs=configuration.photographs, stamps=configuration.stamps, side=side, seed=seed)
