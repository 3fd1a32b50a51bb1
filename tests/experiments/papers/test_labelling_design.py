"""What the design of the labelling study promises of its plans, and its images as they are really made."""

import io
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from experiments.contract.artifacts import Manifest
from experiments.contract.designs import CHOICES, AnsweredTrial, PlannedTrial
from experiments.contract.errors import InputError
from experiments.contract.fields import build
from experiments.datasets.domains import domain_images
from experiments.papers.mayilvahanan2025_domains import design
from experiments.papers.mayilvahanan2025_domains.stimuli import chosen_images
from experiments.workshop import LocalWorkshop

pytestmark = pytest.mark.unit
LABELS = CHOICES["domain_choice"]
SEEDS = st.integers(0, 2**56 - 1)
SIZES = st.tuples(st.integers(1, 6), st.integers(1, 12), st.integers(1, 4), st.integers(0, 9), st.integers(0, 6))


def settings_of(sizes: tuple[int, int, int, int, int], **changes: Any) -> design.Settings:
    shares, main_trials, annotators, catch_trials, practice_trials = sizes
    return design.Settings(
        images=shares * main_trials,
        main_trials=main_trials,
        annotators=annotators,
        catch_trials=catch_trials,
        practice_trials=practice_trials,
        **changes,
    )


def manifests(settings: design.Settings) -> dict[str, Manifest]:
    """The two stimulus sets as their maker lists them; no image is made."""
    made = {}
    for recipe in design.stimulus_sets(units=(), conditions=design.CONDITIONS, settings=settings):
        count = settings.images if recipe.part == "labelled" else 12
        listed = [{"file": f"image_{i:04d}", "image": f"{recipe.part}:{i}", "label": LABELS[i % 3]} for i in range(count)]
        about: Any = {"files": (), "parents": (), "provenance": {}, "values": {"images": listed}}
        made[recipe.digest] = Manifest(digest=recipe.digest, recipe=recipe.as_json(), **about)
    return made


def plan(settings: design.Settings, seed: int, *, index: int = 0) -> list[PlannedTrial]:
    return design.plan(seed, index=index, condition="domains", units=(), settings=settings, sets=manifests(settings))


def main_images(trials: list[PlannedTrial]) -> list[Any]:
    return [trial.about["image"] for trial in trials if trial.kind == "main"]


@given(sizes=SIZES, seed=SEEDS)
def test_all_tasks_label_each_image_by_its_number_of_annotators(sizes: tuple[int, int, int, int, int], seed: int):
    settings = settings_of(sizes)

    of_tasks = [main_images(plan(settings, seed + index, index=index)) for index in range(settings.tasks)]

    assert settings.tasks == sizes[0] * sizes[2]
    assert all(len(set(images)) == settings.main_trials for images in of_tasks)
    labelled = Counter(image for images in of_tasks for image in images)
    assert set(labelled.values()) == {settings.annotators}
    assert len(labelled) == settings.images
    first_round = [image for images in of_tasks[: sizes[0]] for image in images]
    assert sorted(first_round) == sorted(labelled)


@given(sizes=SIZES, seed=SEEDS, index=st.integers(0, 50))
def test_plan_has_the_counted_trials_and_follows_from_its_seed(sizes: tuple[int, int, int, int, int], seed: int, index: int):
    settings = settings_of(sizes)

    trials = plan(settings, seed, index=index)

    counts = design.trial_counts(condition="domains", settings=settings)
    assert [trial.kind for trial in trials].index("example") == 0
    assert Counter(trial.kind for trial in trials[1:]) == +Counter({kind: counts[kind] for kind in ("main", "catch")})
    assert trials == plan(settings, seed, index=index)
    assert sorted(main_images(trials)) == sorted(main_images(plan(settings, seed + 1, index=index)))
    assert {trial.correct for trial in trials if trial.kind == "catch"} <= {"natural", "rendition"}
    assert trials[0].correct == "ambiguous"
    assert all(trial.unit == "" and list(trial.images) == ["image"] for trial in trials)


@given(sizes=SIZES, seed=SEEDS)
def test_practice_is_obvious_and_drawn_afresh_for_each_attempt(sizes: tuple[int, int, int, int, int], seed: int):
    settings = settings_of(sizes)
    about: Any = {"condition": "domains", "units": (), "settings": settings, "sets": manifests(settings)}

    first, again, second = (design.practice(seed, attempt=attempt, **about) for attempt in (1, 1, 2))

    assert first == again
    assert len(first) == len(second) == settings.practice_trials
    assert {trial.correct for trial in first} <= {"natural", "rendition"}
    assert len({trial.about["image"] for trial in first}) == len(first)


def test_orders_differ_between_sessions_of_one_task():
    settings = design.Settings()

    orders = {tuple(main_images(plan(settings, seed, index=4))) for seed in range(20)}

    assert len(orders) == 20


@given(seed=SEEDS, repeats=st.integers(0, 10))
def test_repeats_are_different_main_trials_whatever_was_answered(seed: int, repeats: int):
    kinds = ["catch", "main"] * 8
    answered: list[Any] = [
        AnsweredTrial(position=i, kind=kind, condition="domains", confidence=None, correct=i % 3 == 0)  # type: ignore[arg-type]
        for i, kind in enumerate(kinds)
    ]
    settings = design.Settings(repeats=repeats)

    positions = design.repeats(seed, answered=answered, settings=settings)

    assert len(set(positions)) == len(positions) == min(repeats, 8)
    assert all(kinds[position] == "main" for position in positions)


@pytest.mark.parametrize(
    ("field", "value"),
    [("images", 61), ("images", 0), ("main_trials", 0), ("annotators", 0), ("catch_trials", -1), ("part", "nope"), ("tasks", 3)],
)
def test_settings_that_cannot_be_are_refused(field: str, value: Any):
    with pytest.raises(InputError) as caught:
        build(design.Settings, {field: value})

    assert caught.value.field == field


def test_demo_is_a_smaller_session():
    demo = build(design.Settings, design.DEMO)

    assert demo.main_trials < design.Settings().main_trials
    assert demo.tasks == 9


@pytest.mark.parametrize("sources", ["all", "train", "validation", "test"])
def test_images_are_even_over_domains_and_obvious_ones_are_others(sources: str):
    labelled, obvious = (chosen_images(part, sources=sources, count=100, seed=5) for part in ("labelled", "obvious"))

    assert sorted(Counter(image.domain for image in labelled).values()) == [33, 33, 34]
    assert len({image.name for image in [*labelled, *obvious]}) == len(labelled) + len(obvious)
    assert Counter(image.domain for image in obvious) == {"natural": 16, "rendition": 16, "ambiguous": 4}
    assert {image.style for image in obvious if image.domain == "rendition"} <= {"drawn", "pencil"}
    assert {image.label for image in obvious if image.domain == "natural"} == {"scene"}
    assert {image.name for image in labelled} <= {image.name for image in domain_images(sources)}  # type: ignore[arg-type]
    assert labelled == chosen_images("labelled", sources=sources, count=100, seed=5)


def test_more_images_than_there_are_is_refused():
    with pytest.raises(InputError) as caught:
        chosen_images("labelled", sources="test", count=1500, seed=5)

    assert caught.value.field == "images"


def test_stimuli_are_made_with_their_labels_and_can_be_planned(workshop: LocalWorkshop):
    settings = design.Settings(images=6, main_trials=3, shown_size=48)

    made = [workshop.obtain(recipe) for recipe in design.stimulus_sets(units=(), conditions=("domains",), settings=settings)]
    trials = design.plan(
        1, index=1, condition="domains", units=(), settings=settings, sets={manifest.digest: manifest for manifest in made}
    )

    sizes = {Image.open(io.BytesIO(workshop.store.read_blob(file.sha256))).size for manifest in made for file in manifest.files}
    assert sizes == {(48, 48)}
    for trial in trials:
        shown = trial.images["image"]
        file = next(manifest for manifest in made if manifest.digest == shown.digest).file(shown.name)
        assert (file.about["image"], file.about["label"]) == (trial.about["image"], trial.correct)
