"""Several perceptrons of one shape side by side, one for each seed, as batched matrix products."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from model_zoo.sources.perceptron import InBox, OnSphere, OutputSpace, Perceptron


class StackedPerceptrons(nn.Module):
    """The networks of several seeds; that of a seed starts as `Perceptron` does under that seed, and never meets the others."""

    def __init__(self, *, seeds: Sequence[int], widths: Sequence[int], slope: float, space: OutputSpace) -> None:
        super().__init__()
        self.widths, self.slope, self.space = tuple(widths), slope, space
        members = [seeded_perceptron(seed, widths=widths, slope=slope, space=space) for seed in seeds]
        states = [member.state_dict() for member in members]
        linear = [name for name in states[0] if name.startswith("layers.") and name.endswith(".weight")]
        # `baddbmm` wants [member, input, output].
        self.weights = nn.ParameterList(torch.stack([state[name].T for state in states]).contiguous() for name in linear)
        self.biases = nn.ParameterList(
            torch.stack([state[name.replace("weight", "bias")] for state in states])[:, None] for name in linear
        )
        self.radius = nn.Parameter(torch.ones(len(seeds), 1, 1), requires_grad=space == "free_sphere")
        self.bounds = nn.Parameter(torch.ones(len(seeds), 1, widths[-1]), requires_grad=space == "box")

    def forward(self, inputs: Float[Tensor, "member batch input"]) -> Float[Tensor, "member batch latent"]:
        """The outputs of each network for its own inputs."""
        maps = inputs
        for number, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            maps = torch.baddbmm(bias, functional.leaky_relu(maps, self.slope) if number else maps, weight)
        if self.space == "box":
            return torch.sigmoid(maps) * self.bounds
        return maps if self.space == "unbounded" else self.radius * functional.normalize(maps, dim=-1)

    def member(self, number: int) -> Perceptron:
        """One of the networks, alone, with a copy of its weights."""
        alone = Perceptron(widths=self.widths, slope=self.slope, space=self.space)
        with torch.no_grad():
            linears = [layer for layer in alone.layers if isinstance(layer, nn.Linear)]
            for layer, weight, bias in zip(linears, self.weights, self.biases, strict=True):
                layer.weight.copy_(weight[number].T)
                layer.bias.copy_(bias[number, 0])
            if isinstance(alone.space, InBox):
                alone.space.bounds.copy_(self.bounds[number, 0])
            if isinstance(alone.space, OnSphere):
                alone.space.radius.copy_(self.radius[number, 0, 0])
        return alone


def seeded_perceptron(seed: int, *, widths: Sequence[int], slope: float, space: OutputSpace) -> Perceptron:
    """A network whose first weights follow from the seed; torch draws them from its global generator, which is put back."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return Perceptron(widths=widths, slope=slope, space=space)


def step_generator(seed: int, *, step: int, device: str) -> torch.Generator:
    """The randomness of one step of one seed, so that a resumed run draws what an uninterrupted one would have drawn."""
    mixed = (seed * 0x9E3779B97F4A7C15 + step * 0xBF58476D1CE4E5B9 + 1) % 2**63
    return torch.Generator(device=device).manual_seed(mixed)
