"""Who is measured: a classifier that was trained here, or a model of the zoo on photographs and objects."""

from dataclasses import asdict, dataclass

import numpy as np
import torch
from safetensors.torch import load as load_weights

from experiments.contract.artifacts import Workshop
from experiments.contract.fields import build
from experiments.contract.local_models import WEIGHTS, is_model, model_id
from experiments.contract.recipes import Training
from experiments.datasets.image_sets import packaged_images
from experiments.methods.training.registration import GRAY
from experiments.papers.zimmermann2022_active_tests.classifiers.configuration import Classifier, network_of
from experiments.papers.zimmermann2022_active_tests.classifiers.images import Labeled, labeled_images
from experiments.papers.zimmermann2022_active_tests.classifiers.on_pixels import OnPixels, in_blocks
from experiments.papers.zimmermann2022_active_tests.defences.defended import Undefended
from experiments.papers.zimmermann2022_active_tests.measurements.configuration import Measurement
from model_zoo.loading import load

SLUG = "zimmermann2022_active_tests"
KIND = "experiment"
"""The field of a stage's configuration that says of which kind it is."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Subject:
    """A classifier without its defence, images that it has not seen, and where it is from."""

    undefended: Undefended
    held_out: Labeled
    model: str
    """Id in the zoo; empty where it is not in it."""
    parents: tuple[str, ...] = ()


def classifier_training(classifier: Classifier, *, seed: int) -> Training:
    """The recipe of a classifier, whole, so that its digest changes when a default does."""
    return Training(paper=SLUG, configuration={**asdict(classifier), KIND: "classifier"}, seeds=(seed,))


def subject_of(measurement: Measurement, *, seed: int, workshop: Workshop) -> Subject:
    """The subject of a measurement; a classifier is trained where it is not in the store.

    Raises:
        InputError: Weights or images are not there.
    """
    return _of_zoo(measurement, workshop) if measurement.network else _trained(measurement, seed=seed, workshop=workshop)


def _trained(measurement: Measurement, *, seed: int, workshop: Workshop) -> Subject:
    classifier = build(Classifier, measurement.classifier)
    recipe = classifier_training(classifier, seed=seed)
    made = workshop.obtain(recipe)
    network = network_of(classifier, seed=seed)
    network.load_state_dict(load_weights(workshop.store.read_blob(made.file(WEIGHTS).sha256)))
    model = OnPixels(network, mean=GRAY, std=GRAY).to(workshop.device).eval().requires_grad_(False)
    return Subject(
        undefended=Undefended(
            model=model, seen=labeled_images(classifier, "train", device=workshop.device), amplitude=classifier.amplitude
        ),
        held_out=labeled_images(classifier, "test", device=workshop.device),
        model=model_id(made.digest) if is_model([asdict(file) for file in made.files]) else "",
        parents=(made.digest,),
    )


def _of_zoo(measurement: Measurement, workshop: Workshop) -> Subject:
    """All images in an order of chance that is always the same; labels are the model's own."""
    loaded = load(measurement.network, device=workshop.device)
    model = OnPixels(loaded.network, mean=loaded.card.mean, std=loaded.card.std).to(workshop.device).eval()
    found = packaged_images(photographs=measurement.photographs, stamps=measurement.stamps, side=measurement.side, seed=0)
    order = torch.from_numpy(np.random.default_rng(0).permutation(len(found.sources)))
    images = (found.read(order).to(workshop.device) / 255).contiguous()
    with torch.no_grad():
        labels = torch.cat([model(block).argmax(1) for block in in_blocks(images)])
    shown = Labeled(images=images, labels=labels)
    return Subject(undefended=Undefended(model=model, seen=shown), held_out=shown, model=measurement.network)
