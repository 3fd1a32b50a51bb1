"""Trains a classifier: as usual, against an adversary, or with trapdoors. Called by the paper's `train`."""

from collections.abc import Mapping
from typing import Any

import torch
from foolbox.attacks import LinfPGD
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from experiments.contract.artifacts import Product, Workshop
from experiments.contract.recipes import Training
from experiments.methods.training.checkpoints import Checkpoints
from experiments.methods.training.journal import journal_file
from experiments.methods.training.loop import Group, train
from experiments.methods.training.registration import GRAY, zoo_files
from experiments.methods.training.stacked import step_generator
from experiments.papers.zimmermann2022_active_tests.classifiers.configuration import (
    CLASSES,
    SMALLEST_SHOWN,
    Classifier,
    about,
    network_of,
)
from experiments.papers.zimmermann2022_active_tests.classifiers.images import labeled_images
from experiments.papers.zimmermann2022_active_tests.classifiers.library_attack import LibraryAttack
from experiments.papers.zimmermann2022_active_tests.classifiers.on_pixels import OnPixels, accuracy_of
from experiments.papers.zimmermann2022_active_tests.classifiers.triggers import with_triggers


class Classification:
    """One classifier of one seed."""

    def __init__(self, classifier: Classifier, *, seed: int, device: str) -> None:
        self.classifier, self.seed = classifier, seed
        self.seen = labeled_images(classifier, "train", device=device)
        self.held_out = labeled_images(classifier, "test", device=device)
        self.network = network_of(classifier, seed=seed).to(device)
        self.model = OnPixels(self.network, mean=GRAY, std=GRAY).to(device)

    def groups(self) -> list[Group]:
        """All parameters."""
        return [Group(parameters=list(self.network.parameters()))]

    def loss(self, step: int) -> Float[Tensor, ""]:
        """Cross entropy of a batch of this step."""
        generator = step_generator(self.seed, step=step, device="cpu")
        chosen = torch.randint(len(self.seen.labels), (self.classifier.batch,), generator=generator)
        images, labels = self._trapped(self.seen.images[chosen], self.seen.labels[chosen], generator=generator)
        if self.classifier.eps:
            images = self._attacked(images, labels, step=step)
        return functional.cross_entropy(self.model(images), labels)

    def measure(self) -> Mapping[str, Any]:
        """Accuracy on held-out images."""
        self.model.eval()
        accuracy = accuracy_of(self.model, self.held_out.images, self.held_out.labels)
        self.model.train()
        return {"accuracy": round(accuracy, 6)}

    def _trapped(self, images: Tensor, labels: Tensor, *, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """The first images of the batch get triggers, as many as the share says."""
        count = round(self.classifier.trapdoors * len(labels))
        if not count:
            return images, labels
        classes = CLASSES[self.classifier.data]
        targets = torch.randint(classes, (count,), generator=generator).to(labels.device)
        trapped = with_triggers(images[:count], targets, amplitude=self.classifier.amplitude, classes=classes)
        return torch.cat((trapped, images[count:])), torch.cat((targets, labels[count:]))

    def _attacked(self, images: Tensor, labels: Tensor, *, step: int) -> Tensor:
        """By projected gradient descent from a random start (Madry et al. 2018), on the network in evaluation mode."""
        steps = self.classifier.adversary_steps
        method = LinfPGD(steps=steps, rel_stepsize=min(1.0, 2.5 / steps))
        seed = step_generator(self.seed, step=step, device="cpu").initial_seed()
        attack = LibraryAttack(method=method, eps=self.classifier.eps, seed=seed)
        self.model.eval()
        attacked = attack(self.model, images, labels)
        self.model.train()
        return attacked


def train_classifier(recipe: Training, classifier: Classifier, *, workshop: Workshop) -> Product:
    """The artifact of a training with one seed.

    Raises:
        InputError: The images are not there, the loss is no number at some step, or a checkpoint is of another recipe.
        Cancelled: The job was cancelled.
    """
    (seed,) = recipe.seeds
    task = Classification(classifier, seed=seed, device=workshop.device)
    registered = about(classifier)
    checkpoints = Checkpoints(store=workshop.store, recipe=recipe)
    lines = train(task, plan=classifier.plan, checkpoints=checkpoints, report=workshop.report, doing=registered.title)
    weights, card = zoo_files(recipe, task.network, about=registered)
    files = (weights, card) if classifier.side >= SMALLEST_SHOWN else (weights,)
    return Product(new_files=(*files, journal_file(lines)), values={"accuracy": lines[-1]["accuracy"]})
