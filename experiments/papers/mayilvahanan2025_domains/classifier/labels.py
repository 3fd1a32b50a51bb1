"""Which images a classifier learns from and what they are called: by their making, or by people. Called by its training."""

import csv
import io
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from experiments.contract.artifacts import ArtifactStore
from experiments.contract.errors import InputError
from experiments.datasets.domains import DOMAINS, Domain, DomainImage, Part, domain_images, image_named
from experiments.datasets.domains.sources import domain_sources
from experiments.papers.mayilvahanan2025_domains.classifier.configuration import ClassifierConfiguration

FILE = "labels.csv"
COLUMNS = {"image", "participant", "label"}


@dataclass(frozen=True, kw_only=True)
class Labeled:
    """Images of a part with what they are taken for."""

    images: list[DomainImage] = field(default_factory=list)
    labels: list[Domain] = field(default_factory=list)

    @property
    def styles(self) -> list[str]:
        """Of the images, by their making."""
        return [image.style for image in self.images]


Answers = Mapping[str, Mapping[str, Domain]]
"""By participant, the label of each image that this one saw."""


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
    votes: dict[str, Counter[Domain]] = {}
    for own in answers.values():
        for name, label in own.items():
            votes.setdefault(name, Counter())[label] += 1
    parts = {source.name: source.part for source in domain_sources()}
    found: dict[Part, Labeled] = {"train": Labeled(), "validation": Labeled(), "test": Labeled()}
    for name in sorted(votes):
        image = image_named(name)
        chosen = found[parts[image.source]]
        chosen.images.append(image)
        chosen.labels.append(_majority(votes[name]))
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
    return answers


def _known(label: str) -> Domain:
    for domain in DOMAINS:
        if label == domain:
            return domain
    raise InputError(field="labels", message=f"{label!r} is no domain", remedy=f"Choose among {', '.join(DOMAINS)}")


def _majority(votes: Counter[Domain]) -> Domain:
    most = max(votes.values())
    winners = [label for label, count in votes.items() if count == most]
    return winners[0] if len(winners) == 1 else "ambiguous"
