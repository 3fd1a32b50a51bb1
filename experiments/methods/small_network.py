"""Maker of networks trained here: a small convolutional network on a labeled data set, with a card for the zoo."""

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

from experiments.contract.artifacts import Product, Workshop
from experiments.contract.recipes import Network
from experiments.datasets.digits import CLASSES, SPLIT_SEED, Part, labeled_digits
from experiments.methods.exemplars import as_tensor
from experiments.methods.training.registration import GRAY, Registered, zoo_files
from model_zoo.preprocessing import Preprocess
from model_zoo.sources.small_convnet import ELIGIBLE, SmallConvnet

SIDE = 32
"""px; the 8 px digits are enlarged to it, so that visualizations have room."""
BATCH = 32
LEARNING_RATE = 1e-2
"""At its highest, of a rate that rises first and then falls to zero (Smith & Topin 2018)."""
LICENSE = "MIT, as this project; the digits are CC BY 4.0 (UCI Machine Learning Repository, optdigits)"


def make(recipe: Network, workshop: Workshop) -> Product:
    """Train the network and measure it on images that it did not see."""
    train_images, train_labels = _part("train", device=workshop.device)
    test_images, test_labels = _part("test", device=workshop.device)
    trained = train(recipe, workshop, images=train_images, labels=train_labels)
    values = {
        "accuracy_train": accuracy(trained, images=train_images, labels=train_labels),
        "accuracy_test": accuracy(trained, images=test_images, labels=test_labels),
        "images_train": len(train_labels),
        "images_test": len(test_labels),
        "seed": recipe.seed,
        "split_seed": SPLIT_SEED,
    }
    about = Registered(
        title=f"Three convolutions, trained here on {recipe.data}",
        architecture="small_convnet",
        # Which labeled images tell its accuracy; the split is the data set's own.
        spec={"widths": list(_widths(recipe)), "classes": CLASSES, "data": recipe.data},
        eligible=ELIGIBLE,
        side=SIDE,
        license=LICENSE,
    )
    return Product(new_files=zoo_files(recipe, trained, about=about), values=values)


def train(
    recipe: Network,
    workshop: Workshop,
    *,
    images: Float[Tensor, "image 3 side side"],
    labels: Int[Tensor, " image"],
) -> nn.Module:
    """A network trained on preprocessed images with Adam and one cycle of its rate; in evaluation mode."""
    generator = torch.Generator().manual_seed(recipe.seed)
    trained = _untrained(recipe).to(workshop.device).to(memory_format=torch.channels_last)
    steps = recipe.epochs * -(-len(images) // BATCH)
    optimizer = torch.optim.Adam(trained.parameters(), lr=LEARNING_RATE)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=LEARNING_RATE, total_steps=steps)
    for epoch in range(recipe.epochs):
        workshop.report(epoch, recipe.epochs, f"training on {recipe.data}")
        order = torch.randperm(len(images), generator=generator)
        for start in range(0, len(images), BATCH):
            chosen = order[start : start + BATCH]
            loss = functional.cross_entropy(trained(images[chosen]), labels[chosen])
            optimizer.zero_grad()
            torch.autograd.backward(loss)
            optimizer.step()
            schedule.step()
    return trained.eval().requires_grad_(False)


def accuracy(trained: nn.Module, *, images: Float[Tensor, "image 3 side side"], labels: Int[Tensor, " image"]) -> float:
    """Share of preprocessed images whose largest logit is that of their class."""
    with torch.inference_mode():
        return float((trained(images).argmax(dim=1) == labels).float().mean())


def _part(part: Part, *, device: str) -> tuple[Float[Tensor, "image 3 side side"], Int[Tensor, " image"]]:
    """The preprocessed images of a part, and their labels."""
    labeled = labeled_digits(part, side=SIDE)
    preprocess = Preprocess(mean=GRAY, std=GRAY, device=device)
    return preprocess(as_tensor(labeled.pixels, device=device)), torch.from_numpy(labeled.labels).to(device)


def _widths(recipe: Network) -> tuple[int, int, int]:
    return recipe.width, 2 * recipe.width, 2 * recipe.width


def _untrained(recipe: Network) -> nn.Module:
    """Random weights that follow from the seed; torch draws them from its global generator, which is put back afterwards."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(recipe.seed)
        return SmallConvnet(widths=_widths(recipe), classes=CLASSES)
