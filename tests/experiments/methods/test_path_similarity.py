"""Path similarity: the measures against scipy, the self-tests of the metric, and one network from images to numbers."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.spatial.distance import cosine
from scipy.stats import pearsonr, spearmanr

from experiments.contract.errors import InputError
from experiments.contract.local_models import bring_models, model_id
from experiments.contract.recipes import Network, PathSimilarity
from experiments.methods.layer_paths import layer_paths
from experiments.methods.path_similarity import Measure, class_similarities, over_classes, unit_vectors
from model_zoo.loading import load
from tests.experiments.methods.workshops import new_workshop

CLASSES, PER_CLASS, DIMENSIONS = 6, 12, 400
LAYERS = ("relu1", "relu3", "logits")


def similarities(some: np.ndarray, others: np.ndarray, *, measure: Measure) -> np.ndarray:
    """The scalar products of unit vectors, of each of `some` with each of `others`."""
    return unit_vectors(some, measure=measure) @ unit_vectors(others, measure=measure).T


def rectified(rng: np.random.Generator, count: int) -> np.ndarray:
    """Activations as after a ReLU: more than half of them are tied at zero."""
    return np.maximum(rng.normal(-0.5, 1, size=(count, DIMENSIONS)), 0).astype(np.float32)


def made_up_classes(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Vectors of classes with a pattern each, and their labels."""
    patterns = rng.normal(size=(CLASSES, DIMENSIONS))
    labels = np.repeat(np.arange(CLASSES), PER_CLASS)
    return np.maximum(patterns[labels] + rng.normal(size=(len(labels), DIMENSIONS)), 0), labels


@pytest.mark.unit
def test_rank_correlation_is_scipys_with_ties():
    rng = np.random.default_rng(0)
    some, others = rectified(rng, 5), rectified(rng, 7)

    ours = similarities(some, others, measure="spearman")

    theirs = [[spearmanr(a, b).statistic for b in others] for a in some]
    assert (some == 0).mean() > 0.5
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-12)


@pytest.mark.unit
def test_the_other_measures_are_scipys():
    rng = np.random.default_rng(1)
    some, others = rectified(rng, 4), rectified(rng, 3)

    correlation = similarities(some, others, measure="pearson")
    angle = similarities(some, others, measure="cosine")

    np.testing.assert_allclose(correlation, [[pearsonr(a, b).statistic for b in others] for a in some], rtol=0, atol=1e-6)
    np.testing.assert_allclose(angle, [[1 - cosine(a, b) for b in others] for a in some], rtol=0, atol=1e-6)


@pytest.mark.unit
@pytest.mark.parametrize("measure", ["spearman", "pearson"])
def test_a_vector_without_spread_has_no_correlation(measure):
    some = np.stack([np.zeros(50), np.arange(50.0)])

    assert np.isnan(similarities(some, some, measure=measure)).tolist() == [[True, True], [True, False]]


@pytest.mark.unit
@pytest.mark.parametrize("measure", ["spearman", "pearson", "cosine"])
def test_natural_images_of_the_class_score_1_and_those_of_another_0(measure):
    rng = np.random.default_rng(2)
    vectors, labels = made_up_classes(rng)
    odd = np.arange(len(labels)) % 2 == 1
    natural, of = vectors[~odd], labels[~odd]
    same = {label: vectors[odd & (labels == label)] for label in range(CLASSES)}
    other = {label: vectors[odd & (labels == (label + 1) % CLASSES)] for label in range(CLASSES)}

    score_same = over_classes(class_similarities(natural, of, same, measure=measure), seed=0)
    score_other = over_classes(class_similarities(natural, of, other, measure=measure), seed=0)

    assert score_same.normalized == pytest.approx(1, abs=0.1)
    assert score_other.normalized == pytest.approx(0, abs=0.1)
    assert score_same.low < score_same.normalized < score_same.high


@pytest.mark.unit
def test_classes_that_are_not_alike_in_themselves_have_no_place_between_the_baselines():
    rng = np.random.default_rng(3)
    natural, labels = rng.normal(size=(20, 5000)), np.repeat([0, 1], 10)

    found = class_similarities(natural, labels, {0: natural[:3], 1: natural[-3:]}, measure="spearman")

    assert all(np.isnan(one.normalized) for one in found)
    assert dataclasses.asdict(over_classes(found, seed=0)) | {"same": 0, "different": 0, "visualized": 0} == {
        **{"same": 0, "different": 0, "visualized": 0, "normalized": None, "low": None, "high": None, "classes": 0}
    }


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory):
    """A workshop, a network trained for a moment, and its path similarity."""
    folder: Path = tmp_path_factory.mktemp("paths")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ZOO_DIR", str(folder / "zoo"))
        workshop = new_workshop(folder / "store")
        network = model_id(workshop.obtain(Network(epochs=8)).digest)
        bring_models(network, store=workshop.store)
        recipe = PathSimilarity(
            model=network,
            classifier="logits",
            layers=",".join(LAYERS),
            classes="folder",
            most_images=8,
            visualizations=3,
            size=32,
            steps=48,
            transforms="none",
            pool="digits",
            pool_size=300,
        )
        yield workshop, recipe, workshop.obtain(recipe)


@pytest.mark.integration
def test_visualizations_are_alike_late_and_not_early(made):
    _, _, similarity = made
    found = {measure: [layers[name]["normalized"] for name in LAYERS] for measure, layers in similarity.values["layers"].items()}

    assert set(found) == {"spearman", "pearson", "cosine"}
    for first, _, last in found.values():
        assert first < 0.2 < 0.5 < last
    assert set(similarity.values["images"].values()) == {8}


@pytest.mark.integration
def test_the_metric_tests_itself_on_natural_images(made):
    _, _, similarity = made

    assert similarity.values["control_same_class"]["logits"] == pytest.approx(1, abs=0.2)
    assert similarity.values["control_other_class"]["logits"] == pytest.approx(0, abs=0.2)


@pytest.mark.integration
def test_layer_paths_are_the_outputs_of_the_layers_and_leave_no_hook(made):
    _, recipe, _ = made
    model = load(recipe.model, device="cpu")
    images = torch.rand(3, 3, 32, 32, generator=torch.Generator().manual_seed(0))

    paths = layer_paths(model, LAYERS, images=images, seed=0, report=lambda _done, _total: None)

    with torch.no_grad():
        stem = model.network.relu1(model.network.conv1(model.preprocess(images)))
        logits = model.network(model.preprocess(images))
    np.testing.assert_allclose(paths["relu1"], stem.flatten(1).numpy(), atol=1e-5)
    np.testing.assert_allclose(paths["logits"], logits.numpy(), atol=1e-4)
    assert not any(module._forward_hooks for module in model.fast_network.modules())


@pytest.mark.integration
@pytest.mark.parametrize(
    ("changes", "field"),
    [({"least_images": 500, "most_images": 500}, "pool"), ({"pool": "photographs", "pool_size": 20}, "classes")],
)
def test_too_few_images_and_images_without_a_class_are_refused(made, changes, field):
    workshop, recipe, _ = made

    with pytest.raises(InputError) as caught:
        workshop.obtain(dataclasses.replace(recipe, **changes))

    assert caught.value.field == field


@pytest.mark.integration
def test_an_unknown_layer_is_refused(made):
    _, recipe, _ = made

    with pytest.raises(InputError) as caught:
        dataclasses.replace(recipe, layers="relu1,relu9")

    assert caught.value.field == "layers"


@pytest.mark.unit
def test_folders_of_imagenets_classes_are_refused_for_classes_in_another_order(tmp_path: Path):
    recipe = PathSimilarity(
        model="googlenet.tf_in1k", classifier="softmax2_pre_activation_matmul", layers="conv2d0", classes="folder"
    )

    with pytest.raises(InputError) as refused:
        new_workshop(tmp_path).obtain(recipe)

    assert refused.value.field == "classes"
