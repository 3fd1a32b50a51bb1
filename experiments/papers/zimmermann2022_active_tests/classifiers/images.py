"""Labeled images in [0, 1] that classifiers are trained and attacked on."""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from experiments.contract.fields import require
from experiments.datasets.digits import Part, labeled_digits
from experiments.datasets.image_sets import ImageSet, cifar10, packaged_images
from experiments.papers.zimmermann2022_active_tests.classifiers.configuration import CLASSES, Classifier


@dataclass(frozen=True, kw_only=True, eq=False)
class Labeled:
    """Images and the class of each."""

    images: Float[Tensor, "image 3 side side"]
    labels: Int[Tensor, " image"]

    def first(self, count: int) -> "Labeled":
        """So many of them, or all."""
        return Labeled(images=self.images[:count], labels=self.labels[:count])


def labeled_images(classifier: Classifier, part: Part, *, device: str) -> Labeled:
    """The images of a part, those of the test in an order of chance that is always the same.

    Raises:
        InputError: They are not there.
    """
    if classifier.data == "digits":
        digits = labeled_digits(part, side=classifier.side)
        pixels, labels = torch.from_numpy(digits.pixels).permute(0, 3, 1, 2), torch.from_numpy(digits.labels)
    else:
        pixels, labels = _of_set(_image_set(classifier), part)
    if part == "test":
        order = torch.randperm(len(pixels), generator=torch.Generator().manual_seed(0))
        pixels, labels = pixels[order], labels[order]
    return Labeled(images=(pixels.to(device) / 255).contiguous(), labels=labels.long().to(device))


def _image_set(classifier: Classifier) -> ImageSet:
    if classifier.data == "cifar10":
        return cifar10(classifier.path)
    images = packaged_images(photographs=0, stamps=classifier.stamps, side=classifier.side, seed=0)
    wanted, found = CLASSES["stamps"], len(images.classes)
    require(found == wanted, "stamps", f"they have {found} classes instead of {wanted}", "Ask for more stamps, at least 796")
    return images


def _of_set(images: ImageSet, part: Part) -> tuple[Tensor, Tensor]:
    chosen = images.indices(held_out=part == "test", labeled=True)
    return images.read(chosen), torch.from_numpy(images.labels)[chosen]
