"""The run."""

from experiments.contract.artifacts import Product, Workshop
from experiments.contract.fields import build
from experiments.contract.recipes import Training
from experiments.papers.brady2023_objects.synthetic import Synthetic
from experiments.papers.brady2023_objects.synthetic_scores import train_synthetic


def train(recipe: Training, workshop: Workshop) -> Product:
    return train_synthetic(recipe, build(Synthetic, recipe.configuration), workshop=workshop)
