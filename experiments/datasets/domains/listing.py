"""Lists the images of the three domains by part, without reading any. Called by studies, classifiers and the mixing study."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from experiments.contract.errors import InputError
from experiments.contract.fields import require
from experiments.datasets.domains.sources import DomainSource, Part, domain_sources

Domain = Literal["natural", "rendition", "ambiguous"]
DOMAINS: tuple[Domain, ...] = ("natural", "rendition", "ambiguous")
RENDITIONS = ("edges", "pencil", "posterized", "silhouette", "painting", "stipple", "hatching")
"""Public image operations, a file each in `renditions`."""
DRAWN = "drawn"
"""Style of what somebody drew."""
PHOTOGRAPH = "photograph"
"""Style of what nothing was done to."""
MIXED = ("blend", "stylized_part", "drawn_object", "collage")
"""Styles of ambiguous images; see `mixtures`."""
DOMAIN_BY_STYLE: Mapping[str, Domain] = {
    PHOTOGRAPH: "natural",
    **dict.fromkeys((DRAWN, *RENDITIONS), "rendition"),
    **dict.fromkeys(MIXED, "ambiguous"),
}
CROPS = 24
"""Views of a photograph for each view of an object, as there are few."""


@dataclass(frozen=True, kw_only=True)
class DomainImage:
    """One image, which `read` makes from these fields alone."""

    name: str
    """`source:view:style`, unique and stable."""
    source: str
    """The object or photograph that it shows."""
    label: str
    """The class of the object; `scene` for photographs, `other` for objects of no class."""
    domain: Domain
    """By its making; nobody has judged it."""
    style: str


def domain_images(
    part: Part | Literal["all"], *, views: int = 1, domains: Sequence[Domain] = DOMAINS, styles: Sequence[str] = ()
) -> tuple[DomainImage, ...]:
    """The images of a part, ordered by source, view and domain; no source is in two parts.

    Of each view of a source there is one image in each domain; styles take turns. Of a drawing, which is never natural, there
    are renditions alone. `styles` leaves out those of other styles; empty: none is left out.

    Raises:
        InputError: There is no such part, style or number of views, or the stamps are not installed.
    """
    require(part in ("train", "validation", "test", "all"), "part", f"{part!r} is unknown", "Give train, validation, test or all")
    require(1 <= views <= 10_000, "views", f"{views} is no number of views", "Give a number from 1 to 10000")
    known = (PHOTOGRAPH, DRAWN, *RENDITIONS, *MIXED)
    require(set(styles) <= set(known), "styles", f"{list(styles)} are unknown", f"Choose among {', '.join(known)}")
    listed = (
        image_of(source, view=view, domain=domain, turn=number + view)
        for number, source in enumerate(domain_sources())
        if part in ("all", source.part)
        for view in range(views * CROPS if source.kind == "photograph" else views)
        for domain in domains
        if source.kind != "drawing" or domain == "rendition"
    )
    return tuple(image for image in listed if not styles or image.style in styles)


def image_named(name: str) -> DomainImage:
    """The image that has a name.

    Raises:
        InputError: No image has it.
    """
    source, _, rest = name.partition(":")
    view, _, style = rest.partition(":")
    known = next((one for one in domain_sources() if one.name == source), None)
    domain = DOMAIN_BY_STYLE.get(style)
    remedy = "Give names as domain_images lists them, such as those that a labelling study writes"
    if known is None or domain is None or not view.isdecimal():
        raise InputError(field="labels", message=f"no image is called {name!r}", remedy=remedy)
    return DomainImage(name=name, source=source, label=known.label, domain=domain, style=style)


def image_of(source: DomainSource, *, view: int, domain: Domain, turn: int) -> DomainImage:
    """One view of a source in a domain; `turn` chooses the style among those of the domain."""
    style = _style(source, domain=domain, turn=turn)
    return DomainImage(name=f"{source.name}:{view}:{style}", source=source.name, label=source.label, domain=domain, style=style)


def _style(source: DomainSource, *, domain: Domain, turn: int) -> str:
    if domain == "natural":
        return PHOTOGRAPH
    if domain == "ambiguous":
        # A photograph has no outline to draw inside of, or to cut along.
        choices: Sequence[str] = MIXED[:2] if source.kind == "photograph" else MIXED
    elif source.kind == "drawing":
        choices = (DRAWN,)
    else:
        # What has no outline has no silhouette.
        choices = [style for style in RENDITIONS if style != "silhouette" or source.kind == "object"]
    return choices[turn % len(choices)]
