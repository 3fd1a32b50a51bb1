"""Makes a training of encoders: trains all seeds side by side, measures them, registers the first. Called by papers."""

from typing import Any

from experiments.contract.artifacts import Product, Workshop
from experiments.contract.recipes import Training
from experiments.methods.identification.configuration import Configuration
from experiments.methods.identification.losses import PairLoss
from experiments.methods.identification.mixed_latents import mixed_latents
from experiments.methods.identification.task import MEASURED_AT_THE_END, EncoderTask, Member, by_name
from experiments.methods.training.checkpoints import Checkpoints
from experiments.methods.training.journal import journal_file
from experiments.methods.training.loop import train
from experiments.methods.training.registration import Registered, zoo_files
from experiments.methods.training.stacked import StackedPerceptrons
from model_zoo.sources.perceptron import ELIGIBLE


def encoder_task(configuration: Configuration, *, seeds: tuple[int, ...], device: str) -> EncoderTask:
    """What is trained for a configuration: a network for each seed, each with a mixing of its own."""
    worlds = [mixed_latents(configuration, seed=seed) for seed in seeds]
    return EncoderTask(
        [Member(seed=seed, world=world) for seed, world in zip(seeds, worlds, strict=True)],
        encoder=StackedPerceptrons(
            seeds=seeds, widths=configuration.widths, slope=configuration.slope, space=configuration.output
        ),
        pair_loss=PairLoss(configuration, seeds=seeds) if configuration.supervision == "pairs" else None,
        batch=configuration.batch,
        device=device,
        size_factor=configuration.size_factor,
        precisions_factor=configuration.precisions_factor,
    )


def train_encoders(recipe: Training, configuration: Configuration, *, workshop: Workshop, title: str) -> Product:
    """The artifact of a training: `values` has lists by seed, of the encoders and of the identity baseline.

    Raises:
        InputError: The loss is no number at some step, or a checkpoint is of another recipe.
        Cancelled: The job was cancelled.
    """
    task = encoder_task(configuration, seeds=recipe.seeds, device=workshop.device)
    checkpoints = Checkpoints(store=workshop.store, recipe=recipe)
    lines = train(task, plan=configuration.plan, checkpoints=checkpoints, report=workshop.report, doing=f"training {title}")
    files = zoo_files(recipe, task.encoder.member(0), about=about(configuration, title=title))
    return Product(new_files=(*files, journal_file(lines)), values=values_of(task))


def values_of(task: EncoderTask) -> dict[str, Any]:
    """What is measured at the end, by seed."""
    found: dict[str, Any] = dict(by_name(task.scores(MEASURED_AT_THE_END)))
    found["identity"] = by_name(task.identity_scores(MEASURED_AT_THE_END))
    found["conditions"] = [[float(one) for one in member.world.mixing.condition_numbers] for member in task.members]
    if task.pair_loss is not None and task.pair_loss.precisions is not None:
        found["precisions"] = task.pair_loss.precisions().detach().cpu().tolist()
    return found


def about(configuration: Configuration, *, title: str) -> Registered:
    """The card's words on an encoder."""
    return Registered(
        title=f"Encoder of mixed latents, trained here: {title}",
        architecture="perceptron",
        spec={"widths": list(configuration.widths), "slope": configuration.slope, "space": configuration.output},
        eligible=ELIGIBLE,
        vector=configuration.latents,
    )
