"""Trains the autoencoders of the synthetic experiment, measures each on held-out scenes, and registers an encoder."""

from typing import Any

import torch
from torch import nn

from experiments.contract.artifacts import Product, Workshop
from experiments.contract.recipes import Training
from experiments.methods.metrics.compositional_contrast import compositional_contrast
from experiments.methods.metrics.slot_identifiability import slot_identifiability
from experiments.methods.training.checkpoints import Checkpoints
from experiments.methods.training.journal import journal_file
from experiments.methods.training.loop import train
from experiments.methods.training.registration import Registered, zoo_files
from experiments.papers.brady2023_objects.synthetic.autoencoders import HIDDEN, SLOPE, Synthetic, SyntheticTask
from experiments.papers.brady2023_objects.synthetic.generator import LATENTS, WIDTH
from model_zoo.sources.perceptron import ELIGIBLE

CONTRAST_SCENES = 1024
"""Held-out scenes on which a decoder's contrast is taken."""

Scores = dict[str, Any]
"""Of one network: `seed`, `weight`, `error`, `score` with its `ceiling`, `low` and `high`, `on`, `off`, contrasts by form."""


def train_synthetic(recipe: Training, about: Synthetic, *, workshop: Workshop) -> Product:
    """The networks of all weights and seeds; the encoder of the first of both becomes a model of the zoo."""
    task = SyntheticTask(about, seeds=recipe.seeds, device=workshop.device)
    doing = f"autoencoders of {about.slots} {about.latents} objects"
    checkpoints = Checkpoints(store=workshop.store, recipe=recipe)
    lines = train(task, plan=about.plan, checkpoints=checkpoints, report=workshop.report, doing=doing)
    members = [(weight, seed) for weight in about.contrast_weights for seed in recipe.seeds]
    rows = []
    for number, (weight, seed) in enumerate(members):
        workshop.report(number, len(members), f"scores of {doing}")
        rows.append({"seed": seed, "weight": weight, **scores(task, number)})
    files = zoo_files(recipe, task.network.encoder.member(0).to(workshop.device), about=_registered(about))
    return Product(new_files=(journal_file(lines), *files), values={"networks": rows})


@torch.no_grad()
def scores(task: SyntheticTask, number: int) -> Scores:
    """What is measured of one member."""
    about, of_seed = task.about, number % len(task.seeds)
    encoder, decoder = (stack.member(number).to(task.device) for stack in (task.network.encoder, task.network.decoder))
    truth, scenes = (of_seeds[of_seed, task.training_scenes :] for of_seeds in (task.latents, task.scenes))
    estimates = encoder(scenes)
    slots = estimates.unflatten(-1, (about.slots, LATENTS))
    found = slot_identifiability(truth.cpu().numpy(), slots.cpu().numpy(), fit=about.fit, score=about.score)
    flat = nn.Sequential(nn.Flatten(), decoder)
    contrasts = {
        f"contrast_{form}": float(compositional_contrast(flat, slots[:CONTRAST_SCENES], form=form).mean())
        for form in ("plain", "whitened", "weighted")
    }
    return {
        "error": float((decoder(estimates) - scenes).square().mean()),
        **{name: getattr(found, name) for name in ("score", "low", "high", "ceiling", "on", "off")},
        **contrasts,
    }


def _registered(about: Synthetic) -> Registered:
    observed, latents = about.slots * WIDTH, about.slots * LATENTS
    return Registered(
        title=f"Encoder of {about.slots} {about.latents} synthetic objects, weight of the contrast {about.contrast_weights[0]:g}",
        architecture="perceptron",
        spec={"widths": [observed, HIDDEN, HIDDEN, latents], "slope": SLOPE, "space": "unbounded"},
        eligible=ELIGIBLE,
        vector=observed,
    )
