"""The extensions of the theory: an encoder that is shared by the losses of several laws, and negatives around their anchor.

A law of pairs may have a law of negatives of its own (hard negatives); several laws make an ensemble of losses.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from experiments.contract.artifacts import Product, Workshop
from experiments.contract.fields import Json, build, require, require_range
from experiments.contract.recipes import Training
from experiments.datasets.latents.conditionals import Anisotropic
from experiments.methods.contrastive.pair_loss import pair_nce
from experiments.methods.identification.configuration import Configuration
from experiments.methods.identification.identifiability import EQUAL
from experiments.methods.identification.losses import LearnedPrecisions
from experiments.methods.identification.maker import about, encoder_task, values_of
from experiments.methods.training.checkpoints import Checkpoints
from experiments.methods.training.journal import journal_file
from experiments.methods.training.loop import Group, train
from experiments.methods.training.registration import zoo_files
from experiments.methods.training.stacked import step_generator
from experiments.papers.rusak2024_aninfonce.latents.objectives import HALF, anchored_nce


@dataclass(frozen=True, kw_only=True)
class Extension:
    """Laws of pairs around uniform latents on the sphere; what else decides the training is a `Configuration`."""

    spectra: tuple[tuple[float, ...], ...]
    """Precisions Λ⁺ of each law of positives; the encoder is shared, each law has learned precisions of its own."""
    negatives: tuple[float, ...] = ()
    """Precisions Λ⁻ of the negatives around their anchor, in an extension with one law; none: other pairs' points."""
    negatives_each: int = 30
    """Negatives of an anchor that are drawn around it."""
    shared: Mapping[str, Json]
    """Fields of the configuration, without the law's."""

    def __post_init__(self) -> None:
        require(bool(self.spectra), "spectra", "there is no law", "Give the precisions of at least one law")
        require_range(self, "negatives_each", 1, 10_000)
        fits = not self.negatives or (len(self.spectra) == 1 and len(self.negatives) == len(self.spectra[0]))
        require(fits, "negatives", "they fit no single law", "Give one law of positives and as many precisions of negatives")
        for name in ("conditional", "spectrum"):
            require(name not in self.shared, "shared", f"{name} is that of the laws", f"Leave {name} out of shared")
        for spectrum in self.spectra:
            self._require_read(self.configuration(spectrum))

    def _require_read(self, configuration: Configuration) -> None:
        """Refuse what the loss has no place for."""
        fixed: dict[str, Json] = {"supervision": "pairs"}
        if self.negatives:
            plain = Configuration()
            fixed |= {"power": 2.0, "temperature": HALF, "negatives": plain.negatives, "directions": plain.directions}
        for name, value in fixed.items():
            message = f"{name} is {getattr(configuration, name)!r}, which the loss does not know"
            require(getattr(configuration, name) == value, "shared", message, f"Give {name} {value!r} in shared")
        require(
            configuration.precisions != "none", "shared", "precisions are not learned", "Give precisions 'diagonal' in shared"
        )

    @property
    def shared_whole(self) -> dict[str, Json]:
        """With what is left at its default."""
        whole = asdict(self.configuration(self.spectra[0]))
        return {name: value for name, value in whole.items() if name not in ("conditional", "spectrum")}

    @property
    def warning(self) -> str:
        """What the laws together do not tell apart; empty where they tell every latent."""
        precisions = [*zip(*self.spectra, strict=True)]
        if self.negatives:
            precisions = [(positive[0] - negative,) for positive, negative in zip(precisions, self.negatives, strict=True)]
        is_told = self.configuration(self.spectra[0]).precisions == "diagonal"
        return "" if is_told and len(set(precisions)) == len(precisions) else EQUAL

    def configuration(self, spectrum: Sequence[float]) -> Configuration:
        """That of a training with one of the laws alone."""
        return build(Configuration, {**self.shared, "conditional": "anisotropic", "spectrum": list(spectrum)})


class ExtensionTask:
    """Encoders of several seeds, and for each law a loss with precisions of its own."""

    def __init__(self, extension: Extension, *, seeds: tuple[int, ...], device: str) -> None:
        self.extension, self.seeds, self.device = extension, seeds, device
        self.configuration = extension.configuration(extension.spectra[0])
        # A task of one law, whose worlds, encoders and scores serve for all of them.
        self.inner = encoder_task(self.configuration, seeds=seeds, device=device)
        self.laws = [Anisotropic(spectrum) for spectrum in extension.spectra]
        self.learned = [
            LearnedPrecisions(
                kinds=[self.configuration.precisions] * len(seeds),
                latents=self.configuration.latents,
                spread=self.configuration.precisions_spread,
                seeds=seeds,
            )
            for _ in self.laws
        ]
        self.parts = nn.ModuleDict({"encoder": self.inner.encoder, "precisions": nn.ModuleList(self.learned)}).to(device)

    @property
    def network(self) -> nn.Module:
        """The encoders and the precisions of each law."""
        return self.parts

    def groups(self) -> Sequence[Group]:
        """Those of the encoders, and the precisions of all laws at their own rate."""
        learned = [law.raw for law in self.learned]
        return [*self.inner.encoder_groups(), Group(parameters=learned, factor=self.configuration.precisions_factor)]

    def loss(self, step: int) -> Float[Tensor, ""]:
        """The sum over laws and members."""
        generators = [step_generator(seed, step=step, device=self.device) for seed in self.seeds]
        losses = [self._loss(number, generators) for number in range(len(self.laws))]
        return torch.stack(losses).sum()

    def measure(self) -> Mapping[str, Any]:
        """By seed the usual scores; the precisions by law and seed."""
        return {**self.inner.measure(), "precisions": self.precisions()}

    def precisions(self) -> list[list[list[float]]]:
        """The learned ones by law, seed and dimension."""
        return [law().detach().cpu().tolist() for law in self.learned]

    def _loss(self, number: int, generators: Sequence[torch.Generator]) -> Float[Tensor, ""]:
        drawn = [
            self._drawn(number, world=member.world, generator=one)
            for member, one in zip(self.inner.members, generators, strict=True)
        ]
        codes = self.inner.encoder(torch.stack(drawn))
        chosen, precisions = self.configuration, self.learned[number]()
        batch = chosen.batch
        first, second, others = codes[:, :batch], codes[:, batch : 2 * batch], codes[:, 2 * batch :]
        if others.shape[1]:
            return anchored_nce(first, second, others.unflatten(1, (batch, -1)), precisions=precisions).sum()
        return pair_nce(
            first,
            second,
            distance="lp",
            power=chosen.power,
            precisions=precisions,
            temperature=chosen.temperature,
            negatives=chosen.negatives,
            directions=chosen.directions,
        ).sum()

    def _drawn(self, number: int, *, world: Any, generator: torch.Generator) -> Float[Tensor, "point latent"]:
        """What is observed of anchors, their positives, and the negatives around them if there are any, anchor by anchor."""
        points = world.points(self.configuration.batch, generator=generator)
        partners = self.laws[number].sample(points, space=world.space, generator=generator)
        drawn = [points, partners]
        if self.extension.negatives:
            around = points.repeat_interleave(self.extension.negatives_each, dim=0)
            drawn.append(Anisotropic(self.extension.negatives).sample(around, space=world.space, generator=generator))
        return torch.as_tensor(world.mixing(torch.cat(drawn)))


def train_extension(recipe: Training, extension: Extension, *, workshop: Workshop, title: str) -> Product:
    """The artifact of an extension: `values` holds scores by seed, and precisions by law and seed.

    Raises:
        InputError: The loss is no number at some step, or a checkpoint is of another recipe.
        Cancelled: The job was cancelled.
    """
    task = ExtensionTask(extension, seeds=recipe.seeds, device=workshop.device)
    plan, checkpoints = task.configuration.plan, Checkpoints(store=workshop.store, recipe=recipe)
    lines = train(task, plan=plan, checkpoints=checkpoints, report=workshop.report, doing=f"training {title}")
    files = zoo_files(recipe, task.inner.encoder.member(0), about=about(task.configuration, title=title))
    values = {**values_of(task.inner), "precisions": task.precisions()}
    return Product(new_files=(*files, journal_file(lines)), values=values)
