"""Makes a trained score network a model of the zoo: as a classifier at one noise level, whose layers have units."""

import math

import torch

from experiments.contract.artifacts import NewFile
from experiments.contract.recipes import Recipe
from experiments.methods.score_models.configuration import Configuration
from experiments.methods.score_models.noise_classifier import with_bank
from experiments.methods.training.registration import Registered, zoo_files
from model_zoo.sources.score_classifier import ELIGIBLE, ScoreClassifier
from model_zoo.sources.score_network import ScoreNetwork

READ_AT = 0.5
"""Deviation of the noise over the scale of the image where units are read: enough to need the class, little enough to see."""


def score_zoo_files(
    recipe: Recipe, network: ScoreNetwork, *, about: Configuration, title: str, side: int, seed: int = 0
) -> tuple[NewFile, NewFile]:
    """Weights and card of the model `local.<first 12 digits of the recipe's digest>`.

    One sample of noise, because a layer that runs several times in a forward pass has no units. Images of `side` px are pooled to
    the network's size.
    """
    time = about.process.times_of(torch.tensor([math.log(READ_AT)], dtype=torch.float64)).float()
    bank = with_bank(network, time, torch.ones(1), diffusion=about.process, levels=about.levels, seed=seed)
    spec = {"network": about.spec(shape=network.shape, classes=network.classes), "levels": about.levels, "samples": 1}
    registered = Registered(title=title, architecture="score_classifier", spec=spec, eligible=ELIGIBLE, side=side)
    return zoo_files(recipe, ScoreClassifier(bank), about=registered)
