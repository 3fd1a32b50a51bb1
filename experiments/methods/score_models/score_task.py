"""The training of a score model by denoising (Vincent 2011; Song et al. 2021, eq. 7), for the loop of `methods.training`."""

import copy
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from experiments.methods.score_models.configuration import Configuration
from experiments.methods.score_models.dequantization import dequantized
from experiments.methods.training.loop import Group
from experiments.methods.training.parallel import share
from experiments.methods.training.stacked import step_generator
from model_zoo.sources.score_network import ScoreNetwork


class Averaged(nn.Module):
    """A network, and the moving average of its weights, which is kept in checkpoints with it."""

    def __init__(self, network: ScoreNetwork) -> None:
        super().__init__()
        self.trained = network
        self.average = copy.deepcopy(network).eval().requires_grad_(False)
        self.register_buffer("steps", torch.tensor(0))

    def follow(self, *, decay: float, until: int) -> None:
        """Let the average follow the last update, once for each step: a resumed training asks for its first step again.

        What the very last step of a training changes, at its lowest rate, is left out.
        """
        steps = cast(Tensor, self.steps)
        if int(steps) >= until:
            return
        # Less at first, so that the first weights are forgotten.
        part = max(1 - decay, 1 / (until + 1))
        with torch.no_grad():
            torch._foreach_lerp_(list(self.average.parameters()), list(self.trained.parameters()), part)
        steps.fill_(until)


class ScoreTask:
    """A network, images with levels, and their classes."""

    def __init__(
        self,
        about: Configuration,
        *,
        counts: Int[Tensor, "image channel height width"],
        labels: Int[Tensor, " image"],
        classes: int,
        seed: int,
        device: str,
        measured: Callable[[ScoreNetwork], Mapping[str, Any]],
    ) -> None:
        """`counts` are levels from 0; `measured` measures the averaged network on held-out images."""
        channels, height, width = counts.shape[1:]
        network = about.network(shape=(channels, height, width), classes=classes, seed=seed)
        self.network = Averaged(network).to(device)
        self.about, self.seed, self.device, self.measured = about, seed, device, measured
        self.counts, self.labels, self.unknown = counts.to(device), labels.to(device), classes

    def groups(self) -> Sequence[Group]:
        """The weights that are trained."""
        return [Group(parameters=list(self.network.trained.parameters()))]

    def loss(self, step: int) -> Float[Tensor, ""]:
        """Mean squared error of the predicted noise, of images, times and noise drawn for this step."""
        self.network.follow(decay=self.about.average, until=step)
        about, generator = self.about, step_generator(self.seed, step=step, device=self.device)
        chosen = torch.randint(len(self.counts), (about.batch,), generator=generator, device=self.device)
        images = dequantized(self.counts[chosen], levels=about.levels, generator=generator)
        times = about.process.times_at(_spread(about.batch, generator=generator), weighting=about.weighting)
        noise = torch.randn(images.shape, generator=generator, device=self.device)
        untold = torch.rand(about.batch, generator=generator, device=self.device) < about.unlabeled
        labels = self.labels[chosen].masked_fill(untold, self.unknown)
        images, times, noise, labels = (share(one) for one in (images, times, noise, labels))
        predicted = self._predicted(about.process.noised(images, times, noise), times, labels, step=step)
        return (predicted - noise).square().mean()

    def measure(self) -> Mapping[str, Any]:
        """What the owner of the task measures of the averaged network."""
        with torch.no_grad():
            return self.measured(self.network.average)

    def _predicted(self, points: Tensor, times: Tensor, labels: Tensor, *, step: int) -> Tensor:
        """By the network in training; what its dropout draws follows from the step, too."""
        with torch.random.fork_rng(devices=[self.device] if self.device.startswith("cuda") else []):
            torch.manual_seed(step_generator(self.seed, step=step, device="cpu").initial_seed())
            return cast(Tensor, self.network.trained.train()(points, times, labels))


def _spread(count: int, *, generator: torch.Generator) -> Float[Tensor, " batch"]:
    """Numbers in [0, 1), one from each of as many equal parts, all shifted alike (Kingma et al. 2021, appendix I.1)."""
    device = generator.device
    return (torch.arange(count, device=device) / count + torch.rand(1, generator=generator, device=device)) % 1
