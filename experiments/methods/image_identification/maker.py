"""Makes the artifact of the training of an encoder of images: trains it, measures it, registers it. Called by papers."""

import dataclasses

import torch
from torch import nn

from experiments.contract.artifacts import Product, Workshop
from experiments.contract.fields import require
from experiments.contract.recipes import Training
from experiments.methods.image_identification.configuration import ImageConfiguration
from experiments.methods.image_identification.sources import source_of
from experiments.methods.image_identification.task import ImageEncoderTask
from experiments.methods.training.checkpoints import Checkpoints
from experiments.methods.training.journal import journal_file
from experiments.methods.training.loop import train
from experiments.methods.training.registration import GRAY, Registered, zoo_files
from model_zoo.preprocessing import Preprocess
from model_zoo.sources import convolutional_encoder, published_encoders
from model_zoo.sources.convolutional_encoder import ConvolutionalEncoder
from model_zoo.sources.published_encoders import MaskEncoder, ResNetEncoder


def train_encoder(recipe: Training, configuration: ImageConfiguration, *, workshop: Workshop, title: str) -> Product:
    """The artifact of a training; `values` are those of its one network on held-out images.

    Raises:
        InputError: There is more than one seed, the set is not where it should be, or the loss is no number at some step.
        Cancelled: The job was cancelled.
    """
    one_by_one = "encoders of images are trained one by one"
    require(len(recipe.seeds) == 1, "seeds", f"{one_by_one}, not {len(recipe.seeds)}", "Give a training for each seed")
    workshop.report(0, configuration.steps, f"reading images, {title}")
    task = ImageEncoderTask(
        configuration,
        network=untrained(configuration, seed=recipe.seeds[0]),
        source=source_of(configuration),
        preprocess=Preprocess(mean=GRAY, std=GRAY, device=workshop.device),
        seed=recipe.seeds[0],
        device=workshop.device,
    )
    checkpoints = Checkpoints(store=workshop.store, recipe=recipe)
    lines = train(task, plan=configuration.plan, checkpoints=checkpoints, report=workshop.report, doing=f"training {title}")
    found = task.scores(configuration.measured)
    values = {**dataclasses.asdict(found), "pixels_r2": task.pixels_r2(configuration.measured)}
    files = zoo_files(recipe, task.encoder.eval(), about=about(configuration, title=title))
    return Product(new_files=(*files, journal_file(lines)), values=values)


def untrained(configuration: ImageConfiguration, *, seed: int) -> nn.Module:
    """The encoder as it starts from a seed; torch draws its weights from its global generator, which is put back."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        if configuration.encoder == "mask_encoder":
            return MaskEncoder(latents=configuration.codes, space=configuration.output)
        if configuration.encoder == "resnet18_encoder":
            return ResNetEncoder(latents=configuration.codes, space=configuration.output)
        return ConvolutionalEncoder(
            widths=configuration.widths,
            grid=configuration.grid,
            hidden=configuration.hidden,
            latents=configuration.codes,
            space=configuration.output,
        )


def about(configuration: ImageConfiguration, *, title: str) -> Registered:
    """The card's words on an encoder."""
    is_ours = configuration.encoder == "convolutional_encoder"
    widths = {"widths": list(configuration.widths), "grid": configuration.grid, "hidden": configuration.hidden}
    return Registered(
        title=f"Encoder of images, trained here: {title}",
        architecture=configuration.encoder,
        spec={**(widths if is_ours else {}), "latents": configuration.codes, "space": configuration.output},
        eligible=convolutional_encoder.ELIGIBLE if is_ours else published_encoders.ELIGIBLE,
        side=configuration.side,
    )
