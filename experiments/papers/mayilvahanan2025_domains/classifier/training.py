"""The stage that makes a domain classifier: describes images, fits and compares heads, sets thresholds, writes the card."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import torch
from jaxtyping import Float

from experiments.contract.artifacts import NewFile, Product, Workshop
from experiments.contract.errors import InputError
from experiments.contract.recipes import Training
from experiments.datasets.domains import Domain, Part, read
from experiments.methods.domains.descriptions import frozen_classifier, network_descriptions, plain_descriptions
from experiments.methods.domains.heads import Heads, fit_heads
from experiments.methods.domains.labelling import ARCHITECTURE
from experiments.methods.domains.report import agreement, average_precisions, measured
from experiments.methods.domains.rule import HEADS, three_way
from experiments.methods.domains.thresholds import OperatingPoint, smallest_threshold
from experiments.methods.training.journal import journal_file
from experiments.methods.training.registration import Registered, zoo_files
from experiments.papers.mayilvahanan2025_domains.classifier.configuration import ClassifierConfiguration
from experiments.papers.mayilvahanan2025_domains.classifier.labels import Answers, Labeled, by_making, by_people, read_answers
from model_zoo.sources.domain_classifier import ELIGIBLE, LENGTHS, Description, DomainClassifier

Described = Mapping[str, Float[np.ndarray, "image feature"]]
LICENSE = (
    "MIT, as this project; EfficientNet-Lite0 is Apache-2.0; heads learned from Tux Paint's stamps and photographs in wheels"
)
NETWORKS: tuple[Description, ...] = ("gram", "embedding")
"""Descriptions of which the better one becomes the classifier; all others are baselines."""


def train_classifier(recipe: Training, configuration: ClassifierConfiguration, *, workshop: Workshop) -> Product:
    """The artifact of a classifier; `values` is its card.

    Raises:
        InputError: Labels are missing or of one domain alone, or the precision is not reached.
        Cancelled: The job was cancelled.
    """
    answers = read_answers(configuration.labels, store=workshop.store) if configuration.labels else Answers()
    labeled = by_people(answers) if configuration.labels else by_making(configuration)
    for part, some in labeled.items():
        if not some.images:
            raise InputError(field="labels", message=f"there is no {part} image", remedy="Label images of all parts")
    described = {part: _described(some, side=configuration.side, workshop=workshop) for part, some in labeled.items()}
    heads = {name: fit_heads(described["train"][name], labeled["train"].labels) for name in described["train"]}
    candidates = {name: _candidate(name, some, described, labeled) for name, some in heads.items()}
    chosen = max(NETWORKS, key=lambda name: float(np.mean(list(candidates[name]["validation"].values()))))
    network = _with_heads(chosen, heads[chosen])
    points = _points(_scores(network, described["validation"][chosen]), labeled["validation"].labels, configuration)
    thresholds = [point.threshold for point in points.values()]
    scores = _scores(network, described["test"][chosen])
    test = measured(scores, labeled["test"].labels, thresholds=thresholds, styles=labeled["test"].styles)
    values: dict[str, Any] = {
        "description": chosen,
        "candidates": candidates,
        "validation": {head: asdict(point) for head, point in points.items()},
        "test": test,
        "images": {part: len(some.images) for part, some in labeled.items()},
        "precision": configuration.precision,
        "labels": configuration.labels,
        "simulated": answers.simulated,
        "annotators": _annotators(answers, labeled["test"], three_way(scores, thresholds=thresholds)),
    }
    line = {"step": 1, "loss": 0.0, **{f"{head}_recall": point["recall"] for head, point in test["points"].items()}}
    files: Sequence[NewFile] = zoo_files(recipe, network, about=_about(chosen, configuration, thresholds=thresholds))
    parents = [configuration.labels] if configuration.labels else []
    return Product(new_files=(*files, journal_file([line])), values=values, parents=parents)


def _described(labeled: Labeled, *, side: int, workshop: Workshop) -> Described:
    """All descriptions of a part's images."""
    total = len(labeled.images)
    pixels = []
    for number, image in enumerate(labeled.images):
        workshop.report(number, 2 * total, "making images of the domains")
        pixels.append(read(image, side=side))
    stacked = np.stack(pixels)

    def report(done: int) -> None:
        workshop.report(total + done, 2 * total, "describing their style")

    return {**network_descriptions(stacked, device=workshop.device, report=report), **plain_descriptions(stacked)}


def _candidate(
    name: str, heads: Heads, described: Mapping[Part, Described], labeled: Mapping[Part, Labeled]
) -> dict[str, dict[str, float]]:
    """Average precisions of a description's heads on held-out parts."""
    parts: tuple[Part, ...] = ("validation", "test")
    return {part: average_precisions(heads.scores(described[part][name]), labeled[part].labels) for part in parts}


def _points(
    scores: Float[np.ndarray, "image 2"], truth: Sequence[Domain], configuration: ClassifierConfiguration
) -> dict[str, OperatingPoint]:
    return {
        head: smallest_threshold(
            scores[:, column], np.array([label == head for label in truth]), precision=configuration.precision, name=head
        )
        for column, head in enumerate(HEADS)
    }


def _annotators(answers: Answers, test: Labeled, labels: Sequence[Domain]) -> list[dict[str, Any]]:
    """How each annotator agrees with the classifier on the test images that this one saw."""
    ours = {image.name: label for image, label in zip(test.images, labels, strict=True)}
    found = []
    for participant, own in answers.labels.items():
        shared = [name for name in own if name in ours]
        pair = ([labels_of[name] for name in shared] for labels_of in (own, ours))
        found.append({"group": answers.groups[participant], **agreement(*pair)})
    return found


def _scores(network: DomainClassifier, described: Float[np.ndarray, "image feature"]) -> Float[np.ndarray, "image 2"]:
    """What the network says that enters the zoo, in its float32, of images with these descriptions."""
    with torch.no_grad():
        logits = network.readout(torch.from_numpy(described).float())
    scores: Float[np.ndarray, "image 2"] = torch.sigmoid(logits.double()).numpy()
    return scores


def _with_heads(description: Description, heads: Heads) -> DomainClassifier:
    network = frozen_classifier(description)
    with torch.no_grad():
        network.readout.weight.copy_(torch.from_numpy(heads.weights))
        network.readout.bias.copy_(torch.from_numpy(heads.biases))
    return network


def _about(description: Description, configuration: ClassifierConfiguration, *, thresholds: Sequence[float]) -> Registered:
    return Registered(
        title=f"Classifier of style domains, by {LENGTHS[description]} numbers of EfficientNet-Lite0 ({description})",
        architecture=ARCHITECTURE,
        spec={"description": description, "classes": list(HEADS), "thresholds": list(thresholds)},
        eligible=ELIGIBLE,
        side=configuration.side,
        license=LICENSE,
    )
