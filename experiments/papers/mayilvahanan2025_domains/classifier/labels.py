"""Which images a classifier learns from and what they are called: by their making, or by people. Called by its training."""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from experiments.contract.artifacts import ArtifactStore
from experiments.contract.errors import InputError
from experiments.datasets.domains import DOMAINS, Domain, DomainImage, Part, domain_images, image_named
from experiments.datasets.domains.sources import domain_sources
from experiments.methods.label_analysis.ratings import NONE, majority_of
from experiments.papers.mayilvahanan2025_domains.classifier.configuration import ClassifierConfiguration

FILE = "labels.csv"
SIMULATED = "simulated "
"""How the names of groups begin that are no people; see `choice_analysis.responses.Group`."""
TIED: Domain = "ambiguous"
"""What an image is taken for whose annotators have no majority."""
COLUMNS = {"image", "participant", "label", "group"}


@dataclass(frozen=True, kw_only=True)
class Labeled:
    """Images of a part with what they are taken for."""

    images: list[DomainImage] = field(default_factory=list)
    labels: list[Domain] = field(default_factory=list)

    @property
    def styles(self) -> list[str]:
        """Of the images, by their making."""
        return [image.style for image in self.images]


@dataclass(frozen=True, kw_only=True)
class Answers:
    """Of a labelling study, by participant."""

    labels: Mapping[str, Mapping[str, Domain]] = field(default_factory=dict)
    """Of each image that this one saw."""
    groups: Mapping[str, str] = field(default_factory=dict)
    """`people`, `experts`, or `simulated <observer>`."""

    @property
    def simulated(self) -> list[str]:
        """The groups of those who are no people."""
        return sorted({group for group in self.groups.values() if group.startswith(SIMULATED)})


def by_making(configuration: ClassifierConfiguration) -> dict[Part, Labeled]:
    """All images of each part, labeled by how they were made."""
    views: Mapping[Part, int] = {
        "train": configuration.views,
        "validation": configuration.held_out_views,
        "test": configuration.held_out_views,
    }
    listed = {part: domain_images(part, views=count)[:: configuration.every] for part, count in views.items()}
    return {part: Labeled(images=list(images), labels=[image.domain for image in images]) for part, images in listed.items()}


def by_people(answers: Answers) -> dict[Part, Labeled]:
    """The images that people saw, in the part of their source, each labeled by most of those who saw it; ties are ambiguous."""
    votes: dict[str, list[int]] = {}
    for own in answers.labels.values():
        for name, label in own.items():
            votes.setdefault(name, [0] * len(DOMAINS))[DOMAINS.index(label)] += 1
    parts = {source.name: source.part for source in domain_sources()}
    found: dict[Part, Labeled] = {"train": Labeled(), "validation": Labeled(), "test": Labeled()}
    names = sorted(votes)
    majority = majority_of(np.array([votes[name] for name in names], dtype=int).reshape(-1, len(DOMAINS)))
    for name, code in zip(names, majority.tolist(), strict=True):
        image = image_named(name)
        chosen = found[parts[image.source]]
        chosen.images.append(image)
        chosen.labels.append(DOMAINS[code] if code != NONE else TIED)
    return found


def read_answers(digest: str, *, store: ArtifactStore) -> Answers:
    """What the people of a labelling study answered.

    Raises:
        InputError: There is no such analysis, or its table lacks a column or holds an unknown label.
    """
    manifest = store.manifest(digest)
    named = {one.name for one in manifest.files} if manifest else set()
    if manifest is None or FILE not in named:
        message = f"the artifact {digest[:12]} {f'has no file {FILE}' if manifest else 'is not in the store'}"
        raise InputError(field="labels", message=message, remedy="Give the digest of the analysis of a labelling study")
    text = store.read_blob(manifest.file(FILE).sha256).decode()
    rows = list(csv.DictReader(io.StringIO(text)))
    if not rows or not set(rows[0]) >= COLUMNS:
        message = f"{FILE} of {digest[:12]} has no rows, or not the columns {', '.join(sorted(COLUMNS))}"
        raise InputError(field="labels", message=message, remedy="Give the analysis of a study with finished sessions")
    answers: dict[str, dict[str, Domain]] = {}
    for row in rows:
        answers.setdefault(row["participant"], {})[row["image"]] = _known(row["label"])
    return Answers(labels=answers, groups={row["participant"]: row["group"] for row in rows})


def _known(label: str) -> Domain:
    for domain in DOMAINS:
        if label == domain:
            return domain
    raise InputError(field="labels", message=f"{label!r} is no domain", remedy=f"Choose among {', '.join(DOMAINS)}")
