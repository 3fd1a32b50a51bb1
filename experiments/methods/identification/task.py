"""What the loop trains: stacked encoders of mixed latents, one for each seed, by pairs or by the latents themselves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from experiments.methods.identification.losses import PairLoss, supervised_loss
from experiments.methods.identification.mixed_latents import MixedLatents
from experiments.methods.identification.scores import Scores, scores_of
from experiments.methods.training.loop import Group
from experiments.methods.training.parallel import gathered, share
from experiments.methods.training.stacked import StackedPerceptrons, step_generator

MEASURED = 4096
"""Held-out latents at each evaluation: half to fit what is fitted, half to score."""
MEASURED_AT_THE_END = 8192
HELD_OUT = 2**40
"""A step that no training reaches: of the generator of held-out latents."""


@dataclass(frozen=True, kw_only=True)
class Member:
    """A network's seed and its world."""

    seed: int
    world: MixedLatents


class EncoderTask:
    """Encoders of several worlds side by side, none of which meets another."""

    def __init__(
        self,
        members: Sequence[Member],
        *,
        encoder: StackedPerceptrons,
        pair_loss: PairLoss | None,
        batch: int,
        device: str,
        size_factor: float = 1.0,
        precisions_factor: float = 1.0,
    ) -> None:
        """Without a pair loss it is supervised by the latents. The factors are of the rates of what is learned beside weights."""
        self.members, self.batch, self.device = members, batch, device
        self.size_factor, self.precisions_factor = size_factor, precisions_factor
        self.encoder, self.pair_loss = encoder, pair_loss
        self.parts = nn.ModuleDict({"encoder": encoder, **({"loss": pair_loss} if pair_loss is not None else {})}).to(device)

    @property
    def network(self) -> nn.Module:
        """The encoders and what the loss learns."""
        return self.parts

    def groups(self) -> Sequence[Group]:
        """Those of the encoders, and the precisions at their own rate."""
        precisions = [] if self.pair_loss is None else list(self.pair_loss.parameters())
        learned = [Group(parameters=precisions, factor=self.precisions_factor)] if precisions else []
        return [*self.encoder_groups(), *learned]

    def encoder_groups(self) -> Sequence[Group]:
        """The weights at the plan's rate; the size of the space of codes at its own."""
        sizes = [one for one in (self.encoder.bounds, self.encoder.radius) if one.requires_grad]
        weights = Group(parameters=[*self.encoder.weights, *self.encoder.biases])
        return [weights, Group(parameters=sizes, factor=self.size_factor)] if sizes else [weights]

    def samples(self, count: int) -> list[tuple[Float[Tensor, "count latent"], Float[Tensor, "count latent"]]]:
        """Held-out latents and their codes, by member."""
        latents = self._held_out(count)
        with torch.no_grad():
            codes = self.encoder(self._observed(list(latents)))
        return list(zip(latents, codes, strict=True))

    def loss(self, step: int) -> Float[Tensor, ""]:
        """The sum over members, so that each has the gradient that it would have alone."""
        generators = [step_generator(member.seed, step=step, device=self.device) for member in self.members]
        worlds = [member.world for member in self.members]
        points = [world.points(self.batch, generator=generator) for world, generator in zip(worlds, generators, strict=True)]
        if self.pair_loss is None:
            own = [share(one) for one in points]
            return supervised_loss(self.encoder(self._observed(own)), torch.stack(own)).sum()
        partners = [
            world.partners(one, generator=generator) for world, one, generator in zip(worlds, points, generators, strict=True)
        ]
        both = [torch.cat((share(one), share(other))) for one, other in zip(points, partners, strict=True)]
        first, second = self.encoder(self._observed(both)).chunk(2, dim=1)
        total: Tensor = self.pair_loss(gathered(first, dim=1), gathered(second, dim=1)).sum()
        return total

    def measure(self) -> Mapping[str, Any]:
        """By seed: held-out R², MCC, and the precisions where they are learned."""
        found: dict[str, Any] = {}
        for name, values in by_name(self.scores(MEASURED)).items():
            found[name] = [round(value, 6) for value in values]
        if self.pair_loss is not None and self.pair_loss.precisions is not None:
            found["precisions"] = self.pair_loss.precisions().detach().cpu().tolist()
        return found

    def scores(self, count: int) -> list[Scores]:
        """Of each member on held-out latents."""
        return [scores_of(truth, code) for truth, code in self.samples(count)]

    def identity_scores(self, count: int) -> list[Scores]:
        """The baseline that takes what is observed for the code."""
        latents = self._held_out(count)
        return [scores_of(truth, code) for truth, code in zip(latents, self._observed(list(latents)), strict=True)]

    def _held_out(self, count: int) -> Float[Tensor, "member count latent"]:
        generators = [step_generator(member.seed, step=HELD_OUT, device=self.device) for member in self.members]
        return torch.stack(
            [member.world.points(count, generator=one) for member, one in zip(self.members, generators, strict=True)]
        )

    def _observed(self, points: Sequence[Float[Tensor, "count latent"]]) -> Float[Tensor, "member count latent"]:
        return torch.stack([member.world.mixing(one) for member, one in zip(self.members, points, strict=True)])


def by_name(scores: Sequence[Scores]) -> dict[str, list[float]]:
    """The scores of all members, by the name of the score."""
    names = ("r2", "mcc", "r2_in_sample", "mcc_in_sample")
    return {name: [getattr(one, name) for one in scores] for name in names}
