"""What the loop trains in the mixing study: on one drawn set, by captions or by labels."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, cast

import numpy as np
import torch
from jaxtyping import Bool, Float, Int, UInt8
from torch import Tensor, nn
from torch.nn import functional

from experiments.datasets.domains import Domain
from experiments.methods.contrastive.pair_loss import pair_nce
from experiments.methods.training.loop import Group
from experiments.methods.training.registration import GRAY
from experiments.methods.training.stacked import step_generator
from experiments.papers.mayilvahanan2025_domains.mixing.captions import TEMPLATES, captions_of
from experiments.papers.mayilvahanan2025_domains.mixing.configuration import MixingConfiguration
from experiments.papers.mayilvahanan2025_domains.mixing.images import (
    MEASURED,
    HeldOut,
    held_out_views,
    mixing_objects,
    training_images,
)
from experiments.papers.mayilvahanan2025_domains.mixing.subsets import draw
from experiments.papers.mayilvahanan2025_domains.mixing.towers import image_text, object_classifier
from model_zoo.preprocessing import Preprocess

ORDER: tuple[Domain, ...] = tuple(TEMPLATES)


class MixingTask(ABC):
    """A network of one seed and its set."""

    def __init__(self, configuration: MixingConfiguration, *, seed: int, device: str) -> None:
        self.configuration, self.seed, self.device = configuration, seed, device
        self.preprocess = Preprocess(mean=GRAY, std=GRAY, device=device)
        self.images, self.labels, self.domains = drawn_images(configuration, seed=seed)
        self.held_out = {domain: held_out_images(configuration, domain=domain) for domain in MEASURED}

    @property
    @abstractmethod
    def network(self) -> nn.Module:
        """All that is trained."""

    @property
    @abstractmethod
    def sees(self) -> nn.Module:
        """The part that takes images, which enters the zoo."""

    @abstractmethod
    def batch_loss(
        self, images: Float[Tensor, "batch 3 side side"], chosen: Int[Tensor, " batch"], *, generator: torch.Generator
    ) -> Float[Tensor, ""]:
        """Of preprocessed images of the set and their places in it."""

    @abstractmethod
    def scores(self, images: Float[Tensor, "batch 3 side side"]) -> Float[Tensor, "batch object"]:
        """Of each object."""

    def groups(self) -> Sequence[Group]:
        """All parameters, at the plan's rate."""
        return [Group(parameters=list(self.network.parameters()))]

    def loss(self, step: int) -> Float[Tensor, ""]:
        """Of a batch of the set, mirrored and shifted."""
        generator = step_generator(self.seed, step=step, device="cpu")
        chosen = torch.randperm(len(self.images), generator=generator)[: self.configuration.batch]
        moved = _moved(self.images[chosen], most=self.configuration.shift, generator=generator)
        return self.batch_loss(self._seen(moved), chosen, generator=generator)

    def measure(self) -> Mapping[str, Any]:
        """Accuracy on natural images and on renditions."""
        return {domain: round(float(self.right(domain).float().mean()), 6) for domain in MEASURED}

    def right(self, domain: Domain) -> Bool[Tensor, " image"]:
        """Which held-out images of a domain are taken for what they are."""
        some = self.held_out[domain]
        self.network.eval()
        with torch.no_grad():
            found = self.scores(self._seen(some.images)).argmax(dim=1).cpu() == some.labels
        self.network.train()
        return found

    def _seen(self, images: UInt8[Tensor, "image 3 side side"]) -> Float[Tensor, "image 3 side side"]:
        return self.preprocess(images.to(self.device).float() / 255)


class Contrastive(MixingTask):
    """Images and captions meet on a sphere; an object is found by the mean of its captions in all domains."""

    def __init__(self, configuration: MixingConfiguration, *, seed: int, device: str) -> None:
        super().__init__(configuration, seed=seed, device=device)
        captions = captions_of([words for _, words in mixing_objects(configuration.objects)])
        self.captions = captions.words.to(device)
        self.towers = image_text(configuration, vocabulary=captions.vocabulary, seed=seed).to(device)

    @property
    def network(self) -> nn.Module:
        """Both towers and the temperature."""
        return self.towers

    @property
    def sees(self) -> nn.Module:
        """The image tower."""
        return self.towers.encoder

    def batch_loss(
        self, images: Float[Tensor, "batch 3 side side"], chosen: Int[Tensor, " batch"], *, generator: torch.Generator
    ) -> Float[Tensor, ""]:
        """Both directions (Radford et al. 2021, figure 3); other images of the object count as wrong ones, as they do there."""
        template = torch.randint(self.captions.shape[1], (len(chosen),), generator=generator)
        words = self.captions[self.domains[chosen], template, self.labels[chosen]]
        return pair_nce(self.towers(images), self.towers.text(words), temperature=self.towers.temperature)

    def scores(self, images: Float[Tensor, "batch 3 side side"]) -> Float[Tensor, "batch object"]:
        """Similarities to the mean of each object's captions."""
        _, _, objects, longest = self.captions.shape
        points = self.towers.text(self.captions.reshape(-1, longest)).reshape(-1, objects, self.configuration.latents)
        return cast(Tensor, self.towers(images)) @ functional.normalize(points.mean(dim=0), dim=1).T


class Supervised(MixingTask):
    """A classifier of the objects, which is told nothing of domains."""

    def __init__(self, configuration: MixingConfiguration, *, seed: int, device: str) -> None:
        super().__init__(configuration, seed=seed, device=device)
        self.classifier = object_classifier(configuration, seed=seed).to(device)

    @property
    def network(self) -> nn.Module:
        """The classifier."""
        return self.classifier

    @property
    def sees(self) -> nn.Module:
        """The same."""
        return self.classifier

    def batch_loss(
        self, images: Float[Tensor, "batch 3 side side"], chosen: Int[Tensor, " batch"], *, generator: torch.Generator
    ) -> Float[Tensor, ""]:
        """The cross-entropy; chance has no further part in it."""
        return functional.cross_entropy(self.scores(images), self.labels[chosen].to(self.device))

    def scores(self, images: Float[Tensor, "batch 3 side side"]) -> Float[Tensor, "batch object"]:
        """The logits."""
        return cast(Tensor, self.classifier(images))


def drawn_images(
    configuration: MixingConfiguration, *, seed: int
) -> tuple[UInt8[Tensor, "image 3 side side"], Int[Tensor, " image"], Int[Tensor, " image"]]:
    """The set of a seed: images, objects, and numbers of domains in `ORDER`."""
    drawn = draw(configuration, seed=seed)
    images = torch.empty((len(drawn.slots), 3, configuration.side, configuration.side), dtype=torch.uint8)
    for domain in set(drawn.domains):
        places = np.flatnonzero([own == domain for own in drawn.domains])
        pool = training_images(configuration.objects, configuration.views, side=configuration.side, domain=domain)
        images[torch.from_numpy(places)] = pool[torch.from_numpy(drawn.slots[places])]
    numbers = torch.tensor([ORDER.index(domain) for domain in drawn.domains])
    return images, torch.from_numpy(drawn.slots % configuration.objects), numbers


def held_out_images(configuration: MixingConfiguration, *, domain: Domain) -> HeldOut:
    """Those of a domain."""
    return held_out_views(
        configuration.objects,
        configuration.views,
        configuration.test_views,
        side=configuration.side,
        domain=domain,
        apart=configuration.apart,
    )


def _moved(
    images: UInt8[Tensor, "batch 3 side side"], *, most: int, generator: torch.Generator
) -> UInt8[Tensor, "batch 3 side side"]:
    """Each image mirrored with a probability of a half, and shifted; what comes in repeats the border."""
    count, _, side, _ = images.shape
    mirrored = torch.rand(count, generator=generator) < 0.5
    downs, rights = torch.randint(-most, most + 1, (2, count), generator=generator)
    places = torch.arange(side)
    rows = (places + downs[:, None]).clamp(0, side - 1)
    columns = (places + rights[:, None]).clamp(0, side - 1)
    columns = torch.where(mirrored[:, None], columns.flip(1), columns)
    return images[torch.arange(count)[:, None, None], :, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)
