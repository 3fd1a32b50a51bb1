"""Stimuli of the labelling study: images of the three domains, drawn by the study's seed and labelled by their making."""

import io
from collections.abc import Sequence
from typing import Literal

import numpy as np
from PIL import Image

from experiments.contract.artifacts import NewFile, Product, Workshop
from experiments.contract.fields import require
from experiments.contract.planning import generator, shuffled
from experiments.contract.recipes import StimulusSet
from experiments.datasets.domains import DOMAINS, Domain, DomainImage, Part, domain_images, read
from experiments.papers.mayilvahanan2025_domains.layout import OBVIOUS, PARTS

OBVIOUS_STYLES = {"natural": ("photograph",), "rendition": ("drawn", "pencil"), "ambiguous": ("stylized_part", "collage")}
"""Of what practice, catch trials and the example show: photographs, drawings, and images that are partly both."""
OBVIOUS_NATURAL = "scene"
"""Class of whole photographs; an object that was cut out and put on another ground need not look like one."""
STRANGE = ("photographs/ihc", "photographs/retina")
"""Photographs through a microscope and into an eye, which not everybody knows as such."""
OBVIOUS_IMAGES = {"natural": 16, "rendition": 16, "ambiguous": 4}


def make(recipe: StimulusSet, workshop: Workshop) -> Product:
    """Make one part.

    Raises:
        InputError: The part is unknown, there are too few images, or the stamps are not installed.
    """
    require(recipe.part in PARTS, "part", f"{recipe.part!r} is unknown", f"Choose one of {', '.join(PARTS)}")
    images = chosen_images(
        recipe.part, sources=recipe.settings["part"], count=recipe.settings["images"], seed=recipe.settings["seed"]
    )
    files, listed = [], []
    for number, image in enumerate(images):
        workshop.report(number, len(images), f"making {recipe.part} images")
        about = {"image": image.name, "source": image.source, "label": image.domain, "style": image.style}
        side = int(recipe.settings["shown_size"])
        file = NewFile(name=f"image_{number:04d}", content=_png(image, side=side), about={**about, "width": side, "height": side})
        files.append(file)
        listed.append({"file": file.name, "image": image.name, "label": image.domain})
    return Product(new_files=files, values={"images": listed})


def chosen_images(part: str, *, sources: Part | Literal["all"], count: int, seed: int) -> list[DomainImage]:
    """The images of a part of the stimuli: obvious ones, or beside these `count` that are labelled, evenly over the domains.

    Raises:
        InputError: There are too few.
    """
    drawn = shuffled(domain_images(sources), generator(seed, 0))
    obvious = [image for domain in DOMAINS for image in _obvious(drawn, domain)]
    if part == OBVIOUS:
        return obvious
    names = {image.name for image in obvious}
    labelled: list[DomainImage] = []
    for turn, domain in enumerate(DOMAINS):
        wanted = (count + len(DOMAINS) - 1 - turn) // len(DOMAINS)
        found = [image for image in drawn if image.domain == domain and image.name not in names]
        told = f"there are {len(found)} {domain} images of the {wanted} that are wanted"
        require(len(found) >= wanted, "images", told, f"Give at most {len(DOMAINS) * len(found)} images")
        labelled += found[:wanted]
    return labelled


def _obvious(images: Sequence[DomainImage], domain: Domain) -> list[DomainImage]:
    found = [
        image
        for image in images
        if image.domain == domain
        and image.style in OBVIOUS_STYLES[domain]
        and (domain != "natural" or image.label == OBVIOUS_NATURAL)
        and image.source not in STRANGE
    ]
    return found[: OBVIOUS_IMAGES[domain]]


def _png(image: DomainImage, *, side: int) -> bytes:
    content = io.BytesIO()
    Image.fromarray(np.asarray(read(image, side=side))).save(content, format="PNG")
    return content.getvalue()
