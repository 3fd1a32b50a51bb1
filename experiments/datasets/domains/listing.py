"""Lists the images of the three domains by part, without reading any. Called by studies, classifiers and the mixing study."""

import re
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
MOST_VIEWS = 10_000
VIEW = re.compile("[0-9]{1,6}")
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
    require(1 <= views <= MOST_VIEWS, "views", f"{views} is no number of views", f"Give a number from 1 to {MOST_VIEWS}")
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
    found = _found(name)
    # The styles of a source take turns, so that most pairs of a view and a style are in no list.
    if found is None or found.name != name:
        remedy = "Give names as domain_images lists them, such as those that a labelling study writes"
        raise InputError(field="labels", message=f"no image is called {name!r}", remedy=remedy)
    return found


def image_of(source: DomainSource, *, view: int, domain: Domain, turn: int) -> DomainImage:
    """One view of a source in a domain; `turn` chooses the style among those of the domain."""
    style = _style(source, domain=domain, turn=turn)
    return DomainImage(name=f"{source.name}:{view}:{style}", source=source.name, label=source.label, domain=domain, style=style)


def _found(name: str) -> DomainImage | None:
    """The listed image whose source, view and domain are those of a name."""
    source, _, rest = name.partition(":")
    view, _, style = rest.partition(":")
    places = {one.name: number for number, one in enumerate(domain_sources())}
    domain = DOMAIN_BY_STYLE.get(style)
    if source not in places or domain is None or not VIEW.fullmatch(view):
        return None
    known = domain_sources()[places[source]]
    views = MOST_VIEWS * CROPS if known.kind == "photograph" else MOST_VIEWS
    if int(view) >= views or (known.kind == "drawing" and domain != "rendition"):
        return None
    return image_of(known, view=int(view), domain=domain, turn=places[source] + int(view))


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
