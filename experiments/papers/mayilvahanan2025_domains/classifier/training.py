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
from experiments.datasets.domains import DOMAINS, Domain, Part, read
from experiments.methods.domains.descriptions import frozen_classifier, network_descriptions, plain_descriptions
from experiments.methods.domains.heads import Heads, fit_heads
from experiments.methods.domains.labelling import ARCHITECTURE
from experiments.methods.domains.report import average_precisions, measured
from experiments.methods.domains.rule import HEADS, three_way
from experiments.methods.domains.thresholds import OperatingPoint, smallest_threshold
from experiments.methods.statistics.agreement import cohen_kappa
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
    answers = read_answers(configuration.labels, store=workshop.store) if configuration.labels else {}
    labeled = by_people(answers) if configuration.labels else by_making(configuration)
    for part, some in labeled.items():
        if not some.images:
            raise InputError(field="labels", message=f"there is no {part} image", remedy="Label images of all parts")
    described = {part: _described(some, side=configuration.side, workshop=workshop) for part, some in labeled.items()}
    heads = {name: fit_heads(described["train"][name], labeled["train"].labels) for name in described["train"]}
    candidates = {name: _candidate(name, some, described, labeled) for name, some in heads.items()}
    chosen = max(NETWORKS, key=lambda name: float(np.mean(list(candidates[name]["validation"].values()))))
    points = _points(heads[chosen].scores(described["validation"][chosen]), labeled["validation"].labels, configuration)
    thresholds = [point.threshold for point in points.values()]
    scores = heads[chosen].scores(described["test"][chosen])
    test = measured(scores, labeled["test"].labels, thresholds=thresholds, styles=labeled["test"].styles)
    network = _with_heads(chosen, heads[chosen])
    values: dict[str, Any] = {
        "description": chosen,
        "candidates": candidates,
        "validation": {head: asdict(point) for head, point in points.items()},
        "test": test,
        "images": {part: len(some.images) for part, some in labeled.items()},
        "labels": configuration.labels,
        "annotators": _annotators(answers, labeled["test"], three_way(scores, thresholds=thresholds)),
    }
    line = {"step": 1, "loss": 0.0, **{f"{head}_recall": point["recall"] for head, point in test["points"].items()}}
    files: Sequence[NewFile] = zoo_files(recipe, network, about=_about(chosen, configuration, thresholds=thresholds))
    return Product(new_files=(*files, journal_file([line])), values=values, parents=[configuration.labels] if answers else [])


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
    for own in answers.values():
        shared = [name for name in own if name in ours]
        pair = ([DOMAINS.index(labels_of[name]) for name in shared] for labels_of in (own, ours))
        agreement = cohen_kappa(*pair)
        found.append({"images": agreement.n, "alike": agreement.alike, "kappa": agreement.kappa})
    return found


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
