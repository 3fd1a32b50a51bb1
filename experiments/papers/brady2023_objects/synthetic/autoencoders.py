"""The synthetic experiment: autoencoders of several weights of the contrast and several seeds, trained side by side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn

from experiments.contract.fields import require, require_range
from experiments.methods.metrics.compositional_contrast import contrast
from experiments.methods.training.loop import Group
from experiments.methods.training.parallel import count, share
from experiments.methods.training.plan import Plan
from experiments.methods.training.stacked import StackedPerceptrons, step_generator
from experiments.methods.training.stacked_jacobian import stacked_jacobian
from experiments.papers.brady2023_objects.synthetic.generator import LATENTS, WIDTH, Dependence, Objects

HIDDEN, SLOPE = 80, 0.2
"""Of encoder and decoder."""
HELD_OUT = 0.1
"""Share of the scenes, at their end."""
JOURNAL_SCENES = 256
"""Held-out scenes on which the journal's contrast is taken."""
DECODERS = 2**32
"""What is added to a seed for the first weights of its decoder, so that they are others than those of its encoder."""


@dataclass(frozen=True, kw_only=True)
class Synthetic:
    """What decides the training of autoencoders of one number of slots and one law of the latents; as published by default."""

    slots: int
    latents: Dependence = "independent"
    contrast_weights: tuple[float, ...] = (0.0,)
    """Of the compositional contrast in the loss, lambda; each is trained with each seed."""
    steps: int = 115_000
    batch: int = 64
    contrast_batch: int = 64
    """How many scenes of a batch the contrast is taken on; the expectation of the gradient is the same for each number."""
    scenes: int = 80_000
    """Training and held-out ones together."""
    learning_rate: float = 1e-3
    """Until half of the steps; then a tenth."""
    fit: int = 2000
    """Held-out scenes to fit the readouts of the score on."""
    score: int = 500
    """Further held-out scenes to score them on."""
    part: Literal["synthetic"] = "synthetic"

    def __post_init__(self) -> None:
        require_range(self, "slots", 2, 16)
        require_range(self, "steps", 1, 10**7)
        require_range(self, "batch", 1, 4096)
        require_range(self, "contrast_batch", 1, self.batch)
        require_range(self, "fit", 2, 10**5)
        require_range(self, "score", 2, 10**5)
        require_range(self, "scenes", round((self.fit + self.score) / HELD_OUT), 10**7)
        weights = self.contrast_weights
        fit = bool(weights) and min(weights) >= 0 and len(set(weights)) == len(weights)
        require(
            fit, "contrast_weights", f"{list(weights)} are no weights", "Give different numbers of at least 0, such as [0,0.1]"
        )

    @property
    def plan(self) -> Plan:
        """Of the trainer."""
        often = max(1, self.steps // 25)
        return Plan(
            steps=self.steps, learning_rate=self.learning_rate, decay="step", measure_every=often, keep_every=min(often, 2500)
        )


class Autoencoders(nn.Module):
    """Encoder and decoder of every member."""

    def __init__(self, slots: int, *, seeds: Sequence[int]) -> None:
        super().__init__()
        observed, latents = slots * WIDTH, slots * LATENTS
        self.encoder = StackedPerceptrons(seeds=seeds, widths=(observed, HIDDEN, HIDDEN, latents), slope=SLOPE, space="unbounded")
        self.decoder = StackedPerceptrons(
            seeds=[seed + DECODERS for seed in seeds],
            widths=(latents, HIDDEN, HIDDEN, observed),
            slope=SLOPE,
            space="unbounded",
        )


class SyntheticTask:
    """The autoencoders of a configuration: a member for each weight and, within it, for each seed."""

    def __init__(self, about: Synthetic, *, seeds: Sequence[int], device: str) -> None:
        self.about, self.seeds, self.device = about, seeds, device
        self.latents, self.scenes = scenes_of(about, seeds=seeds, device=device)
        self.training_scenes = about.scenes - round(HELD_OUT * about.scenes)
        self.weights = torch.tensor(about.contrast_weights, device=device).repeat_interleave(len(seeds))
        self.network = Autoencoders(about.slots, seeds=list(seeds) * len(about.contrast_weights)).to(device)

    def groups(self) -> Sequence[Group]:
        """All parameters."""
        return (Group(parameters=[one for one in self.network.parameters() if one.requires_grad]),)

    def loss(self, step: int) -> Float[Tensor, " member"]:
        """The mean squared error plus the member's weight times the contrast; members of a seed see the same scenes."""
        chosen = [self.scenes_at(number, step=step) for number in range(len(self.seeds))]
        scenes = self._for_members(torch.stack(chosen))
        latents = self.network.encoder(scenes)
        error: Tensor = (self.network.decoder(latents) - scenes).square().mean((1, 2))
        if not self.weights.any():
            return error
        contrasts = self.contrasts(latents[:, : self.about.contrast_batch // count()])
        return error + self.weights * contrasts

    def measure(self) -> Mapping[str, list[float]]:
        """Error and contrast on held-out scenes: for each weight a list with a number for each seed."""
        with torch.no_grad():
            scenes = self.held_out()
            latents = self.network.encoder(scenes)
            errors = (self.network.decoder(latents) - scenes).square().mean((1, 2))
            contrasts = self.contrasts(latents[:, :JOURNAL_SCENES])
        by_weight: dict[str, list[float]] = {}
        for name, values in (("error", errors), ("contrast", contrasts)):
            for weight, of_seeds in zip(self.about.contrast_weights, values.reshape(-1, len(self.seeds)), strict=True):
                by_weight[f"{name}, lambda {weight:g}"] = of_seeds.tolist()
        return by_weight

    def contrasts(self, latents: Float[Tensor, "member batch latent"]) -> Float[Tensor, " member"]:
        """The plain compositional contrast of each decoder at its latents."""
        _, jacobians = stacked_jacobian(self.network.decoder, latents)
        by_slot = jacobians.reshape(*jacobians.shape[:-1], self.about.slots, LATENTS)
        return contrast(by_slot).mean(dim=1)

    def held_out(self) -> Float[Tensor, "member scene observed"]:
        """The scenes that were kept from training."""
        return self._for_members(self.scenes[:, self.training_scenes :])

    def scenes_at(self, number: int, *, step: int) -> Float[Tensor, "batch observed"]:
        """The batch of a step, for the networks of one of the seeds; those first that the contrast is taken on.

        Of several processes each has its share of both parts.
        """
        generator = step_generator(self.seeds[number], step=step, device="cpu")
        rows = torch.randint(self.training_scenes, (self.about.batch,), generator=generator)
        contrasted, others = rows[: self.about.contrast_batch], rows[self.about.contrast_batch :]
        return self.scenes[number, torch.cat((share(contrasted), share(others))).to(self.device)]

    def _for_members(self, of_seeds: Float[Tensor, "seed scene observed"]) -> Float[Tensor, "member scene observed"]:
        return of_seeds.repeat(len(self.about.contrast_weights), 1, 1)


def scenes_of(
    about: Synthetic, *, seeds: Sequence[int], device: str
) -> tuple[Float[Tensor, "seed scene slot latent"], Float[Tensor, "seed scene observed"]]:
    """Latents and observations; each seed has a generator of its own."""
    generators = [Objects.draw(about.slots, latents=about.latents, seed=seed) for seed in seeds]
    latents = [generator.sample(about.scenes, seed=seed) for generator, seed in zip(generators, seeds, strict=True)]
    rendered = [generator.render(drawn) for generator, drawn in zip(generators, latents, strict=True)]
    return torch.stack(latents).to(device), torch.stack(rendered).to(device)
