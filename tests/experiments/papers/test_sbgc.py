"""The run of the score-based classifiers: its stages on networks that have hardly learned, its forms, and its claims."""

import json
import math
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from experiments.contract.artifacts import ArtifactStore, Manifest
from experiments.contract.errors import InputError
from experiments.contract.local_models import bring_models, model_id
from experiments.contract.recipes import Run
from experiments.methods.score_models.diffusions import DIFFUSIONS
from experiments.methods.score_models.noise_classifier import noise_classifier
from experiments.papers.zimmermann2021_sbgc.baselines.configuration import Flow
from experiments.papers.zimmermann2021_sbgc.baselines.data import LeveledImages, images_of
from experiments.papers.zimmermann2021_sbgc.baselines.networks import flow_of
from experiments.papers.zimmermann2021_sbgc.measurements.attacking import Scaled, attacked, survived
from experiments.papers.zimmermann2021_sbgc.measurements.configuration import Form
from experiments.papers.zimmermann2021_sbgc.measurements.forms import FlowClassifier
from experiments.papers.zimmermann2021_sbgc.measurements.likelihoods import clean, strangers
from experiments.papers.zimmermann2021_sbgc.measurements.noise import Eliminating, InParts, ReadOut
from experiments.papers.zimmermann2021_sbgc.measurements.paths import pairs_of
from experiments.papers.zimmermann2021_sbgc.train import plan_of, train
from experiments.workshop import LocalWorkshop
from model_zoo.loading import load
from model_zoo.sources.score_network import ScoreNetwork

SLUG = "zimmermann2021_sbgc"
TINY: dict[str, Any] = {"strangers": 3, "clean_images": 12, "paths": 1, "attacked_images": 2, "tested_images": 2}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[LocalWorkshop, Manifest]:
    workshop = LocalWorkshop(
        store=ArtifactStore(str(tmp_path_factory.mktemp("store"))), device="cpu", report=lambda _done, _total, _doing: None
    )
    return workshop, workshop.obtain(Run(paper=SLUG, preset="smoke", settings={"scale": TINY}))


@pytest.fixture(scope="module")
def network() -> ScoreNetwork:
    torch.manual_seed(0)
    spec = {"body": "perceptron", "shape": (1, 8, 8), "classes": 10, "width": 16, "blocks": 1}
    return ScoreNetwork(**spec).eval().requires_grad_(False)  # type: ignore[arg-type]


class Nearest(nn.Module):
    """The class whose template is nearest; an attack on it has a closed form."""

    def __init__(self, templates: torch.Tensor) -> None:
        super().__init__()
        self.templates = templates

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        # Hundreds of nats apart, as the likelihoods of images are.
        return -1e4 * (images.flatten(1)[:, None] - self.templates).square().sum(2)


@pytest.mark.integration
def test_run_measures_every_classifier_and_judges_nothing_at_its_smallest(made: tuple[LocalWorkshop, Manifest]) -> None:
    workshop, run = made

    result = json.loads(workshop.store.read_blob(run.file("result.json").sha256))

    assert {claim["holds"] for claim in result["claims"]} == {None}
    assert all(claim["value"] for claim in result["claims"])
    figures = {"accuracy.svg", "attacks.svg", "adversarial.svg", "corruptions.svg", "ways.svg", "strangers.svg"}
    assert {file.name for file in run.files} == {"result.json", *figures}
    assert len(result["metrics"]["corrupted_discriminative"]["by_kind"]) == 15
    verdict = result["metrics"]["tested_readout"]["verdict"]
    assert verdict["samples"] == 2
    assert result["metrics"]["clean_ode"]["bits"][0] > 0


@pytest.mark.integration
def test_networks_of_a_run_are_models_of_the_zoo(
    made: tuple[LocalWorkshop, Manifest], monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    workshop, run = made
    manifests = [workshop.store.manifest(digest) for digest in run.parents]
    trained = [one for one in manifests if one is not None and "card.json" in {file.name for file in one.files}]
    monkeypatch.setenv("ZOO_DIR", str(tmp_path_factory.mktemp("zoo")))
    bring_models([model_id(one.digest) for one in trained], store=workshop.store)

    models = [load(model_id(one.digest), device="cpu") for one in trained]

    assert {one.recipe["configuration"]["experiment"] for one in trained} == {"score", "discriminative"}
    assert all(model.network(torch.zeros(1, 3, 32, 32)).shape == (1, 10) for model in models)
    assert all(model.card.layers for model in models)


@pytest.mark.integration
def test_stage_made_again_is_the_same(made: tuple[LocalWorkshop, Manifest]) -> None:
    workshop, _ = made
    stage = next(
        one
        for one in plan_of(Run(paper=SLUG, preset="smoke", settings={"scale": TINY})).measurements()
        if one.name == "attack_noise_16"
    )

    again = train(stage.recipe, workshop)

    first = workshop.store.manifest(stage.recipe.digest)
    assert first is not None
    assert again.values == first.values
    assert again.new_files[1].content == workshop.store.read_blob(first.file("arrays.npz").sha256)


@pytest.mark.unit
def test_flow_classifier_gives_log_densities_whose_draws_average() -> None:
    flow = flow_of(Flow(transforms=1, hidden=(8,)), seed=0).requires_grad_(False)
    images = images_of("digits", "test").first(5)
    classifier = FlowClassifier(flow, Form(kind="flow", draws=3), data="digits")

    by_draw = classifier.by_draw(images.unit)
    scores = classifier(images.unit)

    points = (images.pixels + classifier.get_buffer("noise")[1]) * (2 / 17) - 1
    expected = torch.stack([flow(points, torch.full((5,), label)) for label in range(10)], dim=1)
    torch.testing.assert_close(by_draw[1], expected)
    torch.testing.assert_close(scores, torch.from_numpy(np.logaddexp.reduce(by_draw.numpy(), axis=0)) - math.log(3))


@pytest.mark.unit
def test_readout_of_errors_is_the_noise_classifier(network: ScoreNetwork) -> None:
    classifier = noise_classifier(network, diffusion=DIFFUSIONS["subvp"], levels=17, samples=6)
    images = images_of("digits", "test").first(7).unit

    split, whole, parts = ReadOut(classifier)(images), classifier(images), InParts([classifier, classifier])(images)

    torch.testing.assert_close(split, whole, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(parts, whole)


@pytest.mark.unit
def test_elimination_without_a_choice_is_the_whole_classifier(network: ScoreNetwork) -> None:
    classifier = noise_classifier(network, diffusion=DIFFUSIONS["vp"], levels=17, samples=8)
    images = images_of("digits", "test").first(20).unit

    left = Eliminating(classifier, Form(samples=8, rungs=(4, 8), kept=(10, 1)))(images)

    torch.testing.assert_close(left.argmax(dim=1), classifier(images).argmax(dim=1))
    assert left.sum().item() == 20


@pytest.mark.unit
@pytest.mark.parametrize(("norm", "margin"), [("linf", 0.05), ("l2", 0.05 * math.sqrt(64))])
def test_attack_finds_the_boundary_of_a_linear_classifier(norm: Any, margin: float) -> None:
    # Planes at the middle of two templates: what is at .45 is .05 from it in every pixel.
    classifier = Nearest(torch.stack([torch.full((64,), 0.3), torch.full((64,), 0.7)]))
    images, labels = torch.full((4, 1, 8, 8), 0.45), torch.zeros(4, dtype=torch.long)

    found = attacked(classifier, images, labels, norm=norm, epsilons=[0.9 * margin, 1.1 * margin], steps=20, seed=0)

    assert found.right.tolist() == [[True] * 4, [False] * 4]
    change = (found.images - images).flatten(2)
    distance = change.abs().amax(dim=2) if norm == "linf" else change.norm(dim=2)
    assert (distance <= torch.tensor([[0.9], [1.1]]) * margin * (1 + 1e-4)).all()


@pytest.mark.unit
def test_scores_that_lie_far_apart_keep_their_gradient() -> None:
    classifier = Nearest(torch.stack([torch.full((64,), 0.1), torch.full((64,), 0.9)]))
    images = torch.full((1, 1, 8, 8), 0.2, requires_grad=True)
    label = torch.zeros(1, dtype=torch.long)

    (plain,) = torch.autograd.grad(nn.functional.cross_entropy(classifier(images), label), images)
    scaled = Scaled(classifier, images=images.detach())
    (kept,) = torch.autograd.grad(nn.functional.cross_entropy(scaled(images), label), images)

    assert plain.abs().max() == 0
    assert kept.abs().min() > 0


@pytest.mark.unit
def test_images_survive_an_eps_only_with_all_smaller_ones() -> None:
    right = torch.tensor([[True, True, False], [True, False, False], [True, True, True]])

    assert survived(right).tolist() == [[True, True, False], [True, False, False], [True, False, False]]


@pytest.mark.unit
def test_attack_without_room_is_refused() -> None:
    with pytest.raises(InputError) as caught:
        attacked(
            Nearest(torch.zeros(2, 64)),
            torch.zeros(1, 1, 8, 8),
            torch.zeros(1, dtype=torch.long),
            norm="linf",
            epsilons=[0.0],
            steps=1,
            seed=0,
        )

    assert caught.value.field == "epsilons"


@pytest.mark.unit
def test_uniform_density_takes_the_bits_of_its_levels() -> None:
    class Uniform(FlowClassifier):
        def log_likelihoods(self, points: torch.Tensor, probes: torch.Tensor) -> torch.Tensor:
            return torch.full((len(points), 10), -64 * math.log(2))

    flow = flow_of(Flow(transforms=1, hidden=(8,)), seed=0)
    workshop = LocalWorkshop(store=ArtifactStore("/nonexistent"), device="cpu", report=lambda _done, _total, _doing: None)

    _, values = clean(Uniform(flow, Form(draws=2), data="digits"), images_of("digits", "test").first(9), workshop=workshop)

    assert values["bits"] == pytest.approx(math.log2(17), rel=1e-5)
    assert values["bits_without_class"] == pytest.approx(math.log2(17), rel=1e-5)


@pytest.mark.unit
def test_published_configuration_is_built_whole() -> None:
    recipe = Run(paper=SLUG, preset="paper", settings={"cifar10": "/data/cifar"})

    plan = plan_of(recipe)
    score = plan.trainings()[0].configuration

    assert score["data"] == "cifar10"
    assert (score["model"]["steps"], score["model"]["batch"], score["model"]["average"]) == (950_000, 128, 0.9999)
    assert len({stage.recipe.digest for stage in plan.measurements()}) == len(plan.measurements())


@pytest.mark.unit
@pytest.mark.parametrize(
    ("settings", "preset", "field"),
    [
        ({}, "paper", "cifar10"),
        ({"cifar10": "there"}, "cpu", "cifar10"),
        ({"scale": {"seeds": 0}}, "cpu", "seeds"),
        ({"scale": {"further_diffusions": ["heat"]}}, "cpu", "further_diffusions"),
        ({"scale": {"many": 1}}, "cpu", "many"),
        ({"scale": {"clean_images": 0}}, "cpu", "clean_images"),
        ({"scale": {"attack_steps": 0}}, "cpu", "attack_steps"),
        ({"scale": {"attack_ode_steps": 0}}, "cpu", "attack_ode_steps"),
        ({"scale": {"strangers": 1}}, "cpu", "strangers"),
        ({"scale": {"tested_inner": 160}}, "cpu", "tested_inner"),
        ({"scale": {"attacked_images": 16, "attacked_ode_images": 17}}, "cpu", "attacked_ode_images"),
        ({"scale": {"corrupted_images": 16, "corrupted_ode_images": 17}}, "cpu", "corrupted_ode_images"),
        ({"scale": {"corrupted_severities": [9]}}, "cpu", "corrupted_severities"),
        ({"scale": {"corrupted_severities": []}}, "cpu", "corrupted_severities"),
        ({"scale": {"corrupted_severities": [1, 1, 3, 5]}}, "cpu", "corrupted_severities"),
        ({"scale": {"corrupted_severities": [2, 4]}}, "cpu", "corrupted_ode_severities"),
    ],
)
def test_unfit_setting_is_named(settings: dict[str, Any], preset: Any, field: str) -> None:
    with pytest.raises(InputError) as caught:
        plan_of(Run(paper=SLUG, preset=preset, settings=settings))

    assert caught.value.field == field


@pytest.mark.integration
def test_score_model_with_other_levels_than_its_images_is_refused(made: tuple[LocalWorkshop, Manifest]) -> None:
    scale = {**TINY, "score": {"levels": 256, "steps": 1}}
    training = plan_of(Run(paper=SLUG, preset="smoke", settings={"scale": scale})).trainings()[0]

    with pytest.raises(InputError) as caught:
        train(training, made[0])

    assert caught.value.field == "levels"


@pytest.mark.unit
def test_images_of_one_class_have_no_ways_and_no_blends() -> None:
    images = LeveledImages(pixels=torch.zeros(3, 1, 8, 8, dtype=torch.uint8), labels=torch.ones(3, dtype=torch.long), levels=17)
    classifier = FlowClassifier(flow_of(Flow(transforms=1, hidden=(8,)), seed=0), Form(kind="flow"), data="digits")
    workshop = LocalWorkshop(store=ArtifactStore("/nonexistent"), device="cpu", report=lambda _done, _total, _doing: None)

    with pytest.raises(InputError, match="one class"):
        pairs_of(images.labels, count=2, generator=torch.Generator())
    with pytest.raises(InputError, match="one class"):
        strangers(classifier, images, workshop=workshop)
