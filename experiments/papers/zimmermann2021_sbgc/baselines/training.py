"""The training of both baselines, as the loop of `methods.training` wants it."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from jaxtyping import Float, Int, UInt8
from safetensors.torch import save
from torch import Tensor, nn
from torch.nn import functional

from experiments.contract.artifacts import NewFile, Product, Workshop
from experiments.contract.fields import require
from experiments.contract.recipes import Training
from experiments.methods.score_models.dequantization import bits_per_dimension, dequantized
from experiments.methods.training.checkpoints import Checkpoints
from experiments.methods.training.journal import journal_file
from experiments.methods.training.loop import Group, train
from experiments.methods.training.registration import Registered, zoo_files
from experiments.methods.training.stacked import step_generator
from experiments.papers.zimmermann2021_sbgc.baselines.configuration import Baseline, Discriminative, Flow
from experiments.papers.zimmermann2021_sbgc.baselines.data import CLASSES, LeveledImages, images_of
from experiments.papers.zimmermann2021_sbgc.baselines.networks import ConditionalFlow, Enlarged, discriminative_of, flow_of
from model_zoo.sources.small_convnet import ELIGIBLE

WATCHED = 200
"""Test images that are looked at during a training; nothing is chosen by them."""
HELD_OUT = 2**40
"""A step that no training reaches: of the generator of their dequantization."""
FLOW = "flow.safetensors"


class BaselineTask:
    """What both trainings share: which images a step sees."""

    def __init__(self, network: nn.Module, configuration: Baseline, *, seed: int, device: str) -> None:
        self.network, self.configuration, self.seed, self.device = network.to(device), configuration, seed, device
        self.images = images_of(configuration.data, "train", path=configuration.path)
        self.watched = images_of(configuration.data, "test", path=configuration.path).first(WATCHED)

    def groups(self) -> Sequence[Group]:
        """All parameters at one rate."""
        return [Group(parameters=list(self.network.parameters()))]

    def batch(self, generator: torch.Generator) -> tuple[UInt8[Tensor, "batch channel side side"], Int[Tensor, " batch"]]:
        """Some of the training images."""
        chosen = torch.randint(len(self.images.labels), (self.configuration.batch,), generator=generator)
        return self.images.pixels[chosen], self.images.labels[chosen].to(self.device)


class DiscriminativeTask(BaselineTask):
    """Cross-entropy of the classes."""

    def loss(self, step: int) -> Float[Tensor, ""]:
        """Of the batch of this step."""
        pixels, labels = self.batch(step_generator(self.seed, step=step, device="cpu"))
        return functional.cross_entropy(self.network(_unit(pixels, self.images).to(self.device)), labels)

    def measure(self) -> Mapping[str, Any]:
        """Share of the watched images that are classified right."""
        with torch.no_grad():
            predicted = self.network(self.watched.unit.to(self.device)).argmax(dim=1).cpu()
        return {"accuracy": round((predicted == self.watched.labels).float().mean().item(), 4)}


class FlowTask(BaselineTask):
    """Log-density of dequantized images, given their class."""

    def loss(self, step: int) -> Float[Tensor, ""]:
        """Of the batch of this step, in nats an image."""
        generator = step_generator(self.seed, step=step, device="cpu")
        pixels, labels = self.batch(generator)
        return -self._log_densities(pixels, labels, generator=generator).mean()

    def measure(self) -> Mapping[str, Any]:
        """Bits per dimension of the watched images, given their class."""
        generator = step_generator(self.seed, step=HELD_OUT, device="cpu")
        with torch.no_grad():
            found = self._log_densities(self.watched.pixels, self.watched.labels.to(self.device), generator=generator)
        bits = bits_per_dimension(found, dimensions=self.watched.pixels[0].numel(), levels=self.watched.levels)
        return {"bits": round(bits.mean().item(), 4)}

    def _log_densities(
        self,
        pixels: UInt8[Tensor, "batch channel side side"],
        labels: Int[Tensor, " batch"],
        *,
        generator: torch.Generator,
    ) -> Float[Tensor, " batch"]:
        points = dequantized(pixels, levels=self.images.levels, generator=generator).to(self.device)
        densities: Float[Tensor, " batch"] = self.network(points, labels)
        return densities


def train_discriminative(recipe: Training, configuration: Discriminative, *, workshop: Workshop) -> Product:
    """Train the network of the recipe's only seed; it becomes a model of the zoo.

    Raises:
        InputError: There are several seeds, or the images are not there.
    """
    network = discriminative_of(configuration, seed=_only_seed(recipe))
    task = DiscriminativeTask(network, configuration, seed=recipe.seeds[0], device=workshop.device)
    lines = _trained(recipe, task, workshop=workshop, doing="a discriminative network")
    about = Registered(
        title=f"Three convolutions, trained here on {configuration.data}",
        architecture="small_convnet",
        spec={"widths": list(configuration.widths), "classes": CLASSES, "data": configuration.data},
        eligible=ELIGIBLE,
        side=configuration.side,
    )
    files = (journal_file(lines), *zoo_files(recipe, network.network.eval(), about=about))
    return Product(new_files=files, values={**lines[-1]})


def train_flow(recipe: Training, configuration: Flow, *, workshop: Workshop) -> Product:
    """Train the flow of the recipe's only seed. It has no units that one could show, so that it enters no zoo.

    Raises:
        InputError: There are several seeds, or the images are not there.
    """
    network = flow_of(configuration, seed=_only_seed(recipe))
    task = FlowTask(network, configuration, seed=recipe.seeds[0], device=workshop.device)
    lines = _trained(recipe, task, workshop=workshop, doing="a flow")
    content = save({name: tensor.detach().cpu().contiguous() for name, tensor in network.state_dict().items()})
    files = (journal_file(lines), NewFile(name=FLOW, content=content, media_type="application/octet-stream"))
    return Product(new_files=files, values={**lines[-1]})


def _trained(recipe: Training, task: BaselineTask, *, workshop: Workshop, doing: str) -> list[Any]:
    plan = task.configuration.plan()
    checkpoints = Checkpoints(store=workshop.store, recipe=recipe)
    return train(task, plan=plan, checkpoints=checkpoints, report=workshop.report, doing=f"{doing}, seed {task.seed}")  # type: ignore[arg-type]  # its subclasses have what the protocol wants


def _only_seed(recipe: Training) -> int:
    require(len(recipe.seeds) == 1, "seeds", "baselines are trained one by one", "Give one seed a training")
    return recipe.seeds[0]


def _unit(pixels: UInt8[Tensor, "batch channel side side"], images: LeveledImages) -> Float[Tensor, "batch channel side side"]:
    return pixels.float() / (images.levels - 1)


__all__ = ["FLOW", "ConditionalFlow", "Enlarged", "train_discriminative", "train_flow"]
