"""Images of three domains: which there are, that they are the same each time, and that an operation does what it says."""

from pathlib import Path

import numpy as np
import pytest

from experiments.contract.errors import InputError
from experiments.datasets.domains import DOMAINS, domain_images, image_named, read, sources
from experiments.datasets.domains.listing import DRAWN, MIXED, RENDITIONS
from experiments.datasets.domains.mixtures import mixed
from experiments.datasets.domains.renditions import OPERATIONS, rendition
from experiments.datasets.domains.scenes import SIDE, compose, generator_of
from experiments.datasets.domains.sources import domain_sources

pytestmark = pytest.mark.unit
DRAWING = f"{next(one.name for one in domain_sources() if one.kind == 'drawing')}:0:photograph"
OF_ANOTHER_TURN = next(
    f"{image.source}:0:{style}"
    for image in domain_images("test", domains=("rendition",))
    for style in RENDITIONS
    if image.style in RENDITIONS and style != image.style
)
"""The image of this view is in another style."""


def test_no_source_is_in_two_parts_and_every_image_has_one_name():
    parts = {part: domain_images(part, views=2) for part in ("train", "validation", "test")}
    everything = domain_images("all", views=2)

    owners = [{image.source for image in some} for some in parts.values()]

    assert sum(len(own) for own in owners) == len(set().union(*owners))
    assert sum(len(some) for some in parts.values()) == len(everything) == len({image.name for image in everything})
    assert all({image.domain for image in some} == set(DOMAINS) for some in parts.values())
    assert {image.style for image in everything} == {"photograph", DRAWN, *RENDITIONS, *MIXED}


def test_a_name_is_enough_to_find_an_image():
    listed = domain_images("test")

    assert [image_named(image.name) for image in listed[::50]] == list(listed[::50])


@pytest.mark.parametrize(
    "name",
    [
        "",
        "animals/birds/dodo:0:photograph",
        "animals/birds/peacock:0:oil",
        "animals/birds/peacock",
        "animals/birds/peacock:٠:photograph",
        "animals/birds/peacock:00:photograph",
        "animals/birds/peacock:10000:photograph",
        "animals/birds/peacock:0:drawn",
        DRAWING,
        OF_ANOTHER_TURN,
    ],
)
def test_a_name_that_no_image_has_is_refused(name: str):
    with pytest.raises(InputError, match="no image is called"):
        image_named(name)


def test_an_image_is_the_same_each_time_and_another_view_is_another():
    first, second = domain_images("train", views=2, domains=("rendition",))[:2]

    assert first.source == second.source
    np.testing.assert_array_equal(read(first, side=48), read(first, side=48))
    assert np.abs(read(first, side=48).astype(int) - read(second, side=48)).mean() > 5
    assert read(first, side=96).shape == (96, 96, 3)


@pytest.mark.parametrize("style", OPERATIONS)
def test_an_operation_changes_a_view_and_stays_in_range(style: str):
    source = next(one for one in domain_sources() if one.kind == "object")
    scene = compose(source, view=0)

    drawn = rendition(style, scene, generator_of(style))

    assert drawn.shape == (SIDE, SIDE, 3)
    assert drawn.min() >= -1e-9
    assert drawn.max() <= 1 + 1e-9
    assert np.abs(drawn - scene.pixels).mean() > 0.02


def test_a_silhouette_has_two_colors_where_the_mask_is_sharp():
    scene = compose(next(one for one in domain_sources() if one.kind == "object"), view=0)
    sharp = (scene.mask == 0) | (scene.mask == 1)

    drawn = rendition("silhouette", scene, generator_of("two colors"))

    assert len(np.unique(drawn[sharp].round(9), axis=0)) == 2


def test_a_drawn_object_stands_on_the_photographed_ground_and_a_collage_is_the_reverse():
    scene = compose(next(one for one in domain_sources() if one.kind == "object"), view=1)

    outside, inside = scene.mask == 0, scene.mask == 1

    np.testing.assert_allclose(mixed("drawn_object", scene, generator_of("a"))[outside], scene.pixels[outside])
    np.testing.assert_allclose(mixed("collage", scene, generator_of("a"))[inside], scene.pixels[inside])


@pytest.mark.parametrize(
    ("wrong", "field"), [({"part": "holdout"}, "part"), ({"views": 0}, "views"), ({"styles": ["cubism"]}, "styles")]
)
def test_what_cannot_be_listed_is_refused(wrong: dict[str, object], field: str):
    with pytest.raises(InputError) as refused:
        domain_images(**{"part": "test", **wrong})

    assert refused.value.field == field


def test_missing_stamps_are_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setattr(sources, "FOLDER", tmp_path / "none")

    with pytest.raises(InputError, match="tuxpaint-stamps-default"):
        sources.domain_sources.__wrapped__()
