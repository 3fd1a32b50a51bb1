"""The training of an encoder of images: two augmented views of an image are a pair."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from experiments.contract.artifacts import Product, Workshop
from experiments.contract.recipes import Training
from experiments.datasets.augmentations import Augmentations, augment, draw_augmentations
from experiments.datasets.image_sets import ImageSet
from experiments.methods.contrastive.pair_loss import pair_nce
from experiments.methods.training.checkpoints import Checkpoints
from experiments.methods.training.journal import journal_file
from experiments.methods.training.loop import Group, train
from experiments.methods.training.parallel import gathered, share
from experiments.methods.training.registration import GRAY, zoo_files
from experiments.methods.training.stacked import step_generator
from experiments.papers.rusak2024_aninfonce.images.configuration import ImageConfiguration, images_of
from experiments.papers.rusak2024_aninfonce.images.networks import WithPrecisions, about, network_of
from experiments.papers.rusak2024_aninfonce.images.probes import probed
from experiments.papers.rusak2024_aninfonce.latents.objectives import HALF
from model_zoo.preprocessing import Preprocess

HELD_OUT = 2**40
"""A step that no training reaches: of the generator of held-out views."""


class ImageTask:
    """An encoder of one seed."""

    def __init__(self, configuration: ImageConfiguration, images: ImageSet, *, seed: int, device: str) -> None:
        self.configuration, self.images, self.seed, self.device = configuration, images, seed, device
        self.model = network_of(configuration, seed=seed).to(device).to(memory_format=torch.channels_last)
        self.preprocess = Preprocess(mean=GRAY, std=GRAY, device=device)
        self.seen, self.held_out = images.indices(held_out=False), images.indices(held_out=True)

    @property
    def network(self) -> WithPrecisions:
        """The encoder with what its loss learns."""
        return self.model

    def groups(self) -> Sequence[Group]:
        """The encoder at the plan's rate, precisions that are learned at their own."""
        encoder = Group(parameters=[one for one in self.model.encoder.parameters() if one.requires_grad])
        precisions = Group(parameters=[self.model.raw], factor=self.configuration.precisions_factor)
        return [encoder, precisions] if self.model.raw.requires_grad else [encoder]

    def loss(self, step: int) -> Float[Tensor, ""]:
        """Of a batch of images that are not held out."""
        generator = step_generator(self.seed, step=step, device="cpu")
        chosen = torch.randperm(len(self.seen), generator=generator)[: self.configuration.batch]
        applied = draw_augmentations(self.configuration.law, 2 * len(chosen), generator=generator)
        own = share(torch.arange(len(chosen)))
        views = self._codes(self.seen[chosen[own]], applied.part(torch.cat((own, own + len(chosen)))))
        first, second = (gathered(view) for view in views)
        return self._pair_loss(first, second)

    def measure(self) -> Mapping[str, Any]:
        """The loss of held-out images, the same views each time, and how far apart the precisions are."""
        generator = step_generator(self.seed, step=HELD_OUT, device="cpu")
        chosen = self.held_out[: self.configuration.batch]
        applied = draw_augmentations(self.configuration.law, 2 * len(chosen), generator=generator)
        with evaluating(self.model):
            loss = self._pair_loss(*self._codes(chosen, applied))
            precisions = self.model.precisions()
        return {
            "held_out_loss": round(loss.item(), 6),
            "lowest_precision": round(precisions.min().item(), 4),
            "highest_precision": round(precisions.max().item(), 4),
        }

    def _codes(self, indices: Int[Tensor, " batch"], applied: Augmentations) -> Sequence[Float[Tensor, "batch latent"]]:
        """Of the first view of each image and of the second; `applied` has the first views of all, then the second ones."""
        originals = self.images.read(indices).to(self.device) / 255
        both = torch.cat((originals, originals))
        codes: Tensor = self.model(self.preprocess(augment(both, applied.to(self.device), side=self.configuration.side)))
        return codes.chunk(2)

    def _pair_loss(self, first: Float[Tensor, "batch latent"], second: Float[Tensor, "batch latent"]) -> Float[Tensor, ""]:
        return pair_nce(
            first,
            second,
            distance="lp",
            power=2.0,
            precisions=self.model.precisions(),
            temperature=HALF,
            negatives="both",
        )


@contextmanager
def evaluating(network: nn.Module) -> Iterator[None]:
    """A network in evaluation mode, without gradients."""
    network.eval()
    with torch.no_grad():
        yield
    network.train()


def train_images(recipe: Training, configuration: ImageConfiguration, *, workshop: Workshop) -> Product:
    """The artifact of a training with one seed: what the probes found, by what they read.

    Raises:
        InputError: The images are not there, the loss is no number at some step, or a checkpoint is of another recipe.
        Cancelled: The job was cancelled.
    """
    (seed,) = recipe.seeds
    task = ImageTask(configuration, images_of(configuration, seed=0), seed=seed, device=workshop.device)
    checkpoints = Checkpoints(store=workshop.store, recipe=recipe)
    doing = f"training on images by {configuration.loss}"
    lines = train(task, plan=configuration.plan, checkpoints=checkpoints, report=workshop.report, doing=doing)
    with evaluating(task.model):
        found = probed(task.model.encoder, configuration, task.images, preprocess=task.preprocess, seed=seed)
        precisions = task.model.precisions().tolist()
    files = zoo_files(recipe, task.model.encoder, about=about(configuration))
    values = {**found, "precisions": precisions, "held_out_loss": lines[-1]["held_out_loss"]}
    return Product(new_files=(*files, journal_file(lines)), values=values)
