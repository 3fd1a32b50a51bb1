"""Trains a network of the image experiment, measures it on held-out scenes, and registers it."""

from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from experiments.contract.artifacts import NewFile, Product, Workshop
from experiments.contract.recipes import Training
from experiments.datasets.scenes.scene import Scenes
from experiments.methods.metrics.compositional_contrast import compositional_contrast
from experiments.methods.metrics.image_slot_identifiability import ObjectFactors, image_slot_identifiability
from experiments.methods.slots.task import as_inputs
from experiments.methods.training.checkpoints import Checkpoints
from experiments.methods.training.journal import journal_file
from experiments.methods.training.loop import train
from experiments.methods.training.registration import Registered, zoo_files
from experiments.papers.brady2023_objects.images.autoencoders import Images, ImageTask, error
from experiments.papers.brady2023_objects.images.networks import SORTS, Network, decode, encode, reconstruct
from experiments.papers.brady2023_objects.images.sheet import SHEET, layer_sheet

AT_ONCE = 128
"""Scenes in a forward pass."""
JACOBIANS_AT_ONCE = 4

Scores = dict[str, Any]
"""Of one network: `method`, `seed`, `error`, `score` with its `ceiling`, what it is made of, `contrast_weighted`."""


def train_images(recipe: Training, about: Images, *, workshop: Workshop) -> Product:
    """The network of one method and the first seed, which becomes a model of the zoo."""
    seed = recipe.seeds[0]
    task = ImageTask(about, seed=seed, device=workshop.device)
    doing = f"{SORTS[about.method].title} on sprites"
    checkpoints = Checkpoints(store=workshop.store, recipe=recipe)
    lines = train(task, plan=about.plan, checkpoints=checkpoints, report=workshop.report, doing=doing)
    held_out = about.render(about.fit + about.score, seed=seed, first=about.scenes)
    row = {"method": about.method, "seed": seed, **scores(task.network.eval(), held_out, about=about, device=workshop.device)}
    sort = SORTS[about.method]
    about_network = Registered(
        title=f"{sort.title} on sprites", architecture=sort.architecture, spec=about.spec, eligible=sort.eligible, side=about.side
    )
    files = zoo_files(recipe, task.network, about=about_network)
    shown = as_inputs(torch.from_numpy(held_out.images[about.fit :])).to(workshop.device)
    sheet = NewFile(name=SHEET, content=layer_sheet(task.network, shown))
    return Product(new_files=(journal_file(lines), *files, sheet), values={"networks": [row]})


@torch.no_grad()
def scores(network: Network, held_out: Scenes, *, about: Images, device: str) -> Scores:
    """What is measured of a network."""
    images = as_inputs(torch.from_numpy(held_out.images)).to(device)
    slots = torch.cat([encode(network, part) for part in torch.split(images, AT_ONCE)])
    seen = images[about.fit :]
    reconstructed = torch.cat([reconstruct(network, part) for part in torch.split(seen, AT_ONCE)])
    found = image_slot_identifiability(truth_of(held_out), slots.cpu().numpy(), fit=about.fit)

    def decoded(batch: Float[Tensor, "batch slot latent"]) -> Float[Tensor, "batch 3 side side"]:
        return decode(network, batch)

    contrasts = compositional_contrast(
        decoded, slots[about.fit :][: about.contrast_scenes], form="weighted", chunk=JACOBIANS_AT_ONCE
    )
    return {
        "error": float(error(reconstructed, seen)),
        "contrast_weighted": float(contrasts.mean()),
        "score": found.score,
        "ceiling": found.ceiling,
        "on": found.own.performance,
        "off": found.other.performance,
        "base": found.base,
        "r2": dict(zip(held_out.factor_names[:-1], found.own.r2.tolist(), strict=True)),
        "shape_accuracy": found.own.accuracy,
        "score_first_defect": found.first_defect,
    }


def truth_of(scenes: Scenes) -> ObjectFactors:
    """Place, size and hue as continuous factors and the shape as the category; absent sprites are marked."""
    shapes = scenes.factors[..., -1].astype(int)
    return ObjectFactors(continuous=scenes.factors[..., :-1], category=np.maximum(shapes - 1, 0), present=shapes > 0)
