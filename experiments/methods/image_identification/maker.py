"""Makes the artifact of the training of an encoder of images: trains it, measures it, registers it. Called by papers."""

import dataclasses
from collections.abc import Mapping
from typing import Any

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
from model_zoo.sources import convolutional_encoder, mask_encoder, resnet_encoder
from model_zoo.sources.convolutional_encoder import ConvolutionalEncoder
from model_zoo.sources.mask_encoder import MaskEncoder
from model_zoo.sources.resnet_encoder import ResnetEncoder

ENCODERS: Mapping[str, type[nn.Module]] = {
    "convolutional_encoder": ConvolutionalEncoder,
    "mask_encoder": MaskEncoder,
    "resnet_encoder": ResnetEncoder,
}
"""By architecture."""
ELIGIBLE = {
    "convolutional_encoder": convolutional_encoder.ELIGIBLE,
    "mask_encoder": mask_encoder.ELIGIBLE,
    "resnet_encoder": resnet_encoder.ELIGIBLE,
}


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
        return ENCODERS[configuration.encoder](**spec_of(configuration))


def spec_of(configuration: ImageConfiguration) -> dict[str, Any]:
    """What makes an encoder of its architecture."""
    codes = {"latents": configuration.codes, "space": configuration.output}
    if configuration.encoder == "convolutional_encoder":
        return {"widths": list(configuration.widths), "grid": configuration.grid, "hidden": configuration.hidden, **codes}
    if configuration.encoder == "resnet_encoder":
        # Of the published encoder: a leaky rectifier and a linear map after ten outputs for each code.
        return {"backbone": "resnet18", "stem": "large", "hidden": 10 * configuration.codes, "slope": 0.01, **codes}
    return codes


def about(configuration: ImageConfiguration, *, title: str) -> Registered:
    """The card's words on an encoder."""
    return Registered(
        title=f"Encoder of images, trained here: {title}",
        architecture=configuration.encoder,
        spec=spec_of(configuration),
        eligible=ELIGIBLE[configuration.encoder],
        side=configuration.side,
    )
