"""The run of the slots paper: its stages, figures and claims, on networks that have hardly learned, and on invented scores."""

import dataclasses
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from experiments.contract.artifacts import ArtifactStore, Manifest
from experiments.contract.claims import check_claims
from experiments.contract.errors import InputError
from experiments.contract.fields import build
from experiments.contract.local_models import bring_models, model_id
from experiments.contract.recipes import Exemplars, Run, Training
from experiments.datasets.scenes.sprites import SpriteScenes
from experiments.methods.metrics.clustering import even_split
from experiments.methods.slots.configuration import Configuration
from experiments.methods.slots.control import clustered, clusters
from experiments.methods.slots.sheet import matched
from experiments.papers.zimmermann2023_slots.analysis import Cells, comparisons, interval, interval_of_both, variant_metrics
from experiments.papers.zimmermann2023_slots.claims import CLAIMS
from experiments.papers.zimmermann2023_slots.networks import BASE, VARIANTS
from experiments.papers.zimmermann2023_slots.train import PRESETS, settings_of, stages_of, train
from experiments.workshop import LocalWorkshop
from model_zoo.loading import load

SLUG = "zimmermann2023_slots"
MEASURES = ("precision", "recall", "ari", "all_precision", "all_recall", "all_ari", "best_overlap", "iou", "active", "error")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[ArtifactStore, Manifest]:
    store = ArtifactStore(str(tmp_path_factory.mktemp("store")))
    settings = {"part": "methods", "control_images": 4}
    workshop = LocalWorkshop(store=store, device="cpu", report=lambda done, total, doing: None)
    return store, workshop.obtain(Run(paper=SLUG, preset="smoke", settings=settings))


def _content(store: ArtifactStore, manifest: Manifest, name: str) -> bytes:
    return store.read_blob(manifest.file(name).sha256)


@pytest.mark.integration
def test_run_shows_curves_heat_maps_and_a_sheet_of_both_methods(made: tuple[ArtifactStore, Manifest]) -> None:
    store, run = made

    result = json.loads(_content(store, run, "result.json"))

    assert set(result["metrics"]) == {"base", "monet"}
    names = {file.name for file in run.files}
    assert {f"{name}_{kind}.svg" for name in ("base", "monet") for kind in ("curves", "heat", "segmentations")} < names
    with Image.open(io.BytesIO(_content(store, run, "base_segmentations.png"))) as sheet:
        # A row for each of eight scenes; columns for the image, the objects and two numbers of slots.
        assert sheet.height == 2 * sheet.width
    assert {claim["holds"] for claim in result["claims"] if claim["id"] != "parts"} == {None}


@pytest.mark.integration
def test_networks_of_a_run_are_models_whose_units_have_exemplars(
    made: tuple[ArtifactStore, Manifest], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    store, run = made
    monkeypatch.setenv("ZOO_DIR", str(tmp_path))
    bring_models([model_id(digest) for digest in run.parents], store=store)

    models = [load(model_id(digest), device="cpu") for digest in run.parents]
    recipe = Exemplars(unit=f"{model_id(run.parents[0])}/encoder.mix:3", pool="digits", pool_size=40)
    exemplars = LocalWorkshop(store=store, device="cpu", report=lambda done, total, doing: None).obtain(recipe)

    # Each of the two methods with each of the two numbers of slots.
    assert [model.network(torch.zeros(1, 3, 32, 32)).masks.shape[1] for model in models] == [2, 5, 2, 5]
    assert exemplars.files


def _invented(effects: Mapping[tuple[int, int], tuple[float, float]], *, images: int = 60) -> Cells:
    """Scores around the given precision and recall by slots in training and after, of two seeds."""
    rng = np.random.default_rng(0)
    trained = sorted({k for k, _ in effects})
    cells: dict[int, list[dict[str, Any]]] = {k: [{}, {}] for k in trained}
    for (k, j), (precision, recall) in effects.items():
        for arrays in cells[k]:
            noisy = [np.clip(value + 0.02 * rng.standard_normal(images), 0.01, 1) for value in (precision, recall)]
            index = 2 * noisy[0] * noisy[1] / (noisy[0] + noisy[1])
            values = {"precision": noisy[0], "recall": noisy[1], "ari": index, "error": noisy[0], "active": noisy[1]}
            values |= {f"all_{name}": values[name] for name in ("precision", "recall", "ari")}
            values |= {"best_overlap": index, "iou": index}
            arrays.update({f"{name}@{j}": values[name] for name in MEASURES})
    return cells


SENSITIVE = {(k, j): (even_split(4, slots=k)[0], even_split(4, slots=k)[1]) for k in (2, 4, 7) for j in (2, 4, 7)}
"""What a network does follows from its slots in training alone."""
REDUCING = ("mixture", "priced", "one_box", "all_boxes")
INDIFFERENT = {(k, j): (0.9, 0.9) for k in (2, 4, 7) for j in (2, 4, 7)}


def _claims(effects: Mapping[str, Mapping[tuple[int, int], tuple[float, float]]]) -> dict[str, bool | None]:
    return _judged({name: _invented(one) for name, one in effects.items()})


def _judged(cells: Mapping[str, Cells]) -> dict[str, bool | None]:
    metrics = {
        name: variant_metrics(one, title=name, objects=3, seed=0, base=cells["base"] if name in REDUCING else None)
        for name, one in cells.items()
    }
    result = {"recipe": {"preset": "cpu"}, "metrics": metrics}
    return {claim["id"]: claim["holds"] for claim in check_claims(CLAIMS, result=result)}


@pytest.mark.unit
def test_claims_hold_of_networks_that_are_as_sensitive_as_reported() -> None:
    weaker = {key: tuple((1 + value) / 2 for value in values) for key, values in SENSITIVE.items()}

    holds = _claims({"base": SENSITIVE, "mixture": weaker, "all_boxes": weaker, "monet": SENSITIVE})  # type: ignore[dict-item]

    assert holds == {
        **{"parts": True, "too_many": True, "too_few": True, "training": True},
        **{"objectives": True, "annotations": True, "everywhere": True, "control": None},
    }


@pytest.mark.unit
def test_claims_fail_of_networks_that_do_not_care() -> None:
    holds = _claims({"base": INDIFFERENT, "mixture": INDIFFERENT, "all_boxes": INDIFFERENT, "monet": INDIFFERENT})

    assert {name for name, one in holds.items() if one} == {"parts"}


@pytest.mark.unit
def test_test_slots_that_matter_more_than_those_of_training_are_told() -> None:
    after = {(k, j): SENSITIVE[j, k] for k, j in SENSITIVE}

    assert _claims({"base": after})["training"] is False


@pytest.mark.unit
def test_claims_about_which_seeds_disagree_are_not_settled() -> None:
    after = {(k, j): SENSITIVE[j, k] for k, j in SENSITIVE}
    first, second = _invented(SENSITIVE), _invented(after)
    mixed = {k: [first[k][0], second[k][0]] for k in first}

    found = variant_metrics(mixed, title="", objects=3, seed=0)["comparisons"]["training_over_test"]

    assert min(found["by_seed"]) < 0 < max(found["by_seed"])
    assert found["interval"][0] < 0 < found["interval"][1]
    assert _judged({"base": mixed})["training"] is None


@pytest.mark.unit
def test_a_variant_is_compared_with_the_base_of_its_seed_and_one_of_two_is_no_proof() -> None:
    weaker = {key: tuple((1 + value) / 2 for value in values) for key, values in SENSITIVE.items()}
    base = _invented(SENSITIVE)
    # The first seed of the base, alone, is as good as the variant; the second loses what the base loses on average.
    lucky = {k: [_invented(weaker)[k][0], base[k][1]] for k in base}  # type: ignore[arg-type]
    variant = {k: some[:1] for k, some in _invented(weaker).items()}  # type: ignore[arg-type]

    assert _judged({"base": base, "mixture": variant})["objectives"] is True
    assert _judged({"base": lucky, "mixture": variant})["objectives"] is not True
    assert _judged({"base": base, "mixture": variant, "priced": base})["objectives"] is None


@pytest.mark.unit
def test_comparisons_are_differences_of_means() -> None:
    cells = _invented(SENSITIVE)

    found = comparisons(cells, right=4, seed=0)

    by_hand = [arrays["recall@7"].mean() - other["recall@4"].mean() for arrays, other in zip(cells[7], cells[4], strict=True)]
    assert found["recall_too_many"]["by_seed"] == pytest.approx(by_hand)
    low, high = found["recall_too_many"]["interval"]
    assert low < found["recall_too_many"]["mean"] < high


@pytest.mark.unit
def test_interval_is_about_two_standard_errors_wide_and_skips_what_is_no_number() -> None:
    values = np.random.default_rng(1).standard_normal(400)

    low, high = interval(np.append(values, np.nan), seed=0)

    assert (high - low) / 2 == pytest.approx(1.96 * values.std() / 20, rel=0.1)


@pytest.mark.unit
def test_interval_of_both_is_that_of_images_for_one_seed_and_as_wide_as_seeds_differ_for_several() -> None:
    values = np.random.default_rng(1).standard_normal((1, 400))

    assert interval_of_both(values, seed=0) == pytest.approx(interval(values[0], seed=0))
    low, high = interval_of_both(np.concatenate([values - 5, values, values + 5]), seed=0)
    assert low < -3
    assert high > 3


@pytest.mark.unit
def test_clusters_of_color_and_place_exchange_recall_for_precision() -> None:
    scenes = SpriteScenes().render(12, seed=2)

    arrays = clustered(scenes, tested=(2, 4, 7, 11), seed=0)

    recall = [arrays[f"all_recall@{count}"].mean() for count in (2, 4, 7, 11)]
    precision = [arrays[f"precision@{count}"].mean() for count in (2, 4, 7, 11)]
    assert recall == sorted(recall, reverse=True)
    assert precision == sorted(precision)
    metrics = {"k_means": variant_metrics({0: [arrays]}, title="", objects=3, seed=0)}
    result = {"recipe": {"preset": "smoke"}, "metrics": metrics}
    assert {claim["id"]: claim["holds"] for claim in check_claims(CLAIMS, result=result)}["control"]


@pytest.mark.unit
def test_clusters_find_two_colors() -> None:
    image = np.zeros((8, 8, 3), np.uint8)
    image[:, 4:] = 255

    labels = clusters(image, count=2, seed=0)

    assert len({labels[0, 0], labels[0, 7]}) == 2
    assert len(np.unique(labels[:, :4])) == len(np.unique(labels[:, 4:])) == 1


@pytest.mark.unit
def test_slots_take_the_color_of_their_object() -> None:
    truth = np.array([[0, 0, 1, 1], [0, 0, 2, 2]])
    seen = np.array([[5, 5, 3, 3], [5, 9, 4, 4]])

    assert matched(truth, seen).tolist() == [[0, 0, 1, 1], [0, 3, 2, 2]]


@pytest.mark.unit
@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_builds_its_trainings(preset: Any) -> None:
    settings = {"path": "/data/clevr", "data": "clevr"} if preset == "paper" else {}
    recipe = Run(paper=SLUG, preset=preset, settings=settings)

    stages = [stage for variant in VARIANTS for stage in stages_of(variant, settings_of(recipe), seed=0)]

    built = [build(Configuration, stage.recipe.configuration) for stage in stages]
    assert len({stage.recipe.digest for stage in stages}) == len(stages)
    assert {one.slots for one in built} == set(settings_of(recipe).slots)


@pytest.mark.unit
def test_every_default_is_part_of_the_digest() -> None:
    stage = stages_of(BASE, settings_of(Run(paper=SLUG, preset="cpu")), seed=0)[0]

    assert set(stage.recipe.configuration) == {field.name for field in dataclasses.fields(Configuration)}


@pytest.mark.unit
@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"slots": [4]}, "slots"),
        ({"further_seeds": 0}, "further_seeds"),
        ({"training": 3}, "training"),
        ({"path": "/somewhere"}, "path"),
        ({"training": {"method": "monet", "annotated": "one"}}, "annotated"),
        ({"training": {"patch": 5}}, "patch"),
        ({"data": "clevr"}, "path"),
        ({"variants": ["monet", "sonnet"]}, "variants"),
        ({"data": "photographs"}, "data"),
        ({"training": {"step": 5}}, "step"),
    ],
)
def test_unfit_settings_are_errors_that_name_the_field(settings: dict[str, Any], field: str) -> None:
    with pytest.raises(InputError) as caught:
        settings_of(Run(paper=SLUG, preset="cpu", settings=settings))

    assert caught.value.field == field


@pytest.mark.unit
def test_training_of_two_seeds_is_an_error(tmp_path: Path) -> None:
    workshop = LocalWorkshop(store=ArtifactStore(str(tmp_path)), device="cpu", report=lambda done, total, doing: None)

    with pytest.raises(InputError, match="one by one"):
        train(Training(paper=SLUG, seeds=(0, 1)), workshop)


@pytest.mark.unit
def test_path_that_is_no_data_set_is_an_error(tmp_path: Path) -> None:
    configuration = build(Configuration, {"data": "movi", "path": str(tmp_path), "tested": [2]})

    with pytest.raises(InputError) as caught:
        configuration.held_out_scenes()

    assert caught.value.field == "path"
