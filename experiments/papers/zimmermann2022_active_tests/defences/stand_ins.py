"""Differentiable stand-ins of what a defence does, on which a library's attack stays what it is (Athalye et al. 2018)."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from experiments.papers.zimmermann2022_active_tests.defences.defended import AttackCall

Images = Float[Tensor, "batch 3 side side"]


class Behind(nn.Module):
    """A classifier that sees transformed images."""

    def __init__(self, transform: nn.Module, classifier: nn.Module) -> None:
        super().__init__()
        self.transform, self.classifier = transform, classifier

    def forward(self, images: Images) -> Float[Tensor, "batch class"]:
        """Its logits."""
        logits: Float[Tensor, "batch class"] = self.classifier(self.transform(images))
        return logits


class StraightThrough(nn.Module):
    """The output of one function with the gradient of another: backward pass differentiable approximation, BPDA."""

    def __init__(self, function: nn.Module, *, gradient_of: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.function, self.gradient_of = function, gradient_of

    def forward(self, inputs: Float[Tensor, "batch ..."]) -> Float[Tensor, "batch ..."]:
        """What the function gives."""
        smooth = self.gradient_of(inputs)
        given: Tensor = self.function(inputs)
        return smooth + (given - smooth).detach()


@dataclass(frozen=True, kw_only=True, eq=False)
class Exchanging:
    """An attack that meets a stand-in where the deployed model has a part; the model is put back whatever happens."""

    attack: AttackCall
    parent: nn.Module
    part: str
    stand_in: nn.Module

    def __call__(self, model: nn.Module, images: Images, labels: Int[Tensor, " batch"]) -> Images:
        """What the attack finds."""
        with _exchanged(self.parent, self.part, self.stand_in):
            return self.attack(model, images, labels)


@dataclass(frozen=True, kw_only=True, eq=False)
class OnAverage:
    """An attack on the mean logits of several passes: expectation over transformation, EOT, or averaged gradients."""

    attack: AttackCall
    passes: int
    deviation: float = 0.0
    """Of normal noise added to the images of each pass; 0 where the model is random itself."""
    seed: int = 0

    def __call__(self, model: nn.Module, images: Images, labels: Int[Tensor, " batch"]) -> Images:
        """What the attack finds."""
        return self.attack(_Mean(model, about=self, device=images.device), images, labels)


class _Mean(nn.Module):
    """A model's mean over passes."""

    def __init__(self, model: nn.Module, *, about: OnAverage, device: torch.device) -> None:
        super().__init__()
        self.model, self.about = model, about
        self.generator = torch.Generator(device=device).manual_seed(about.seed)
        self.eval()

    def forward(self, images: Images) -> Float[Tensor, "batch class"]:
        """Logits; every pass has the rows of the images, so that a model which knows its rows knows them."""
        return torch.stack([self.model(self._moved(images)) for _ in range(self.about.passes)]).mean(0)

    def _moved(self, images: Tensor) -> Tensor:
        noise = torch.randn(images.shape, generator=self.generator, device=images.device)
        return images + self.about.deviation * noise


@contextmanager
def _exchanged(parent: nn.Module, part: str, stand_in: nn.Module) -> Iterator[None]:
    deployed = getattr(parent, part)
    setattr(parent, part, stand_in.eval())
    try:
        yield
    finally:
        setattr(parent, part, deployed)
