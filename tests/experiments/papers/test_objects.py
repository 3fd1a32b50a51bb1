"""The experiment of Brady et al. 2023: its generator, its loss, the smallest run of everything, and what cannot be asked for."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.func import jacfwd, vmap

from experiments.contract.artifacts import ArtifactStore, Manifest
from experiments.contract.errors import Cancelled, InputError
from experiments.contract.fields import build
from experiments.contract.local_models import bring_models, model_id
from experiments.contract.recipes import Run, Training
from experiments.methods.metrics.compositional_contrast import compositional_contrast
from experiments.methods.metrics.slot_identifiability import slot_identifiability
from experiments.papers.brady2023_objects.claims import CLAIMS
from experiments.papers.brady2023_objects.images.autoencoders import Images
from experiments.papers.brady2023_objects.images.networks import new_network
from experiments.papers.brady2023_objects.networks import settings_of, trainings
from experiments.papers.brady2023_objects.synthetic.autoencoders import Synthetic, SyntheticTask
from experiments.papers.brady2023_objects.synthetic.generator import Objects
from experiments.workshop import LocalWorkshop
from model_zoo.loading import load
from tests.experiments.methods.workshops import new_workshop

SLUG = "brady2023_objects"
SMOKE = Run(paper=SLUG, preset="smoke")
TINY: dict[str, Any] = {"slots": 2, "scenes": 1000, "fit": 40, "score": 20, "batch": 8, "contrast_batch": 4, "steps": 30}
CHECKS = {claim.id: claim.check for claim in CLAIMS}


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory):
    """A workshop, and the smallest run of everything."""
    folder: Path = tmp_path_factory.mktemp("objects")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ZOO_DIR", str(folder / "zoo"))
        workshop = new_workshop(folder / "store")
        yield workshop, workshop.obtain(SMOKE)


def result_of(workshop: LocalWorkshop, made: Manifest) -> dict[str, Any]:
    return json.loads(workshop.store.read_blob(made.file("result.json").sha256))


@pytest.mark.unit
def test_the_true_generator_is_compositional():
    objects = Objects.draw(3, latents="independent", seed=1)
    latents = objects.sample(16, seed=1)
    turned = torch.linalg.qr(torch.randn(9, 9, generator=torch.Generator().manual_seed(0)))[0]

    def entangled(slots: Tensor) -> Tensor:
        return objects.render((slots.flatten(1) @ turned).unflatten(1, (3, 3)))

    assert compositional_contrast(objects.render, latents).max() == 0
    assert compositional_contrast(entangled, latents).min() > 0.1


@pytest.mark.unit
def test_the_weights_of_a_generator_are_well_conditioned():
    pool = np.random.default_rng(0).uniform(-10, 10, size=(2000, 20, 20))
    # The pool of the generator is another draw of the same law: a quarter of these is below its quartile, give or take 5 %.
    conditions = np.linalg.cond(pool / np.linalg.norm(pool, axis=1, keepdims=True))

    drawn = [Objects.draw(2, latents="independent", seed=seed).weights for seed in range(4)]

    for weights in (weight for pair in drawn for weight in pair):
        assert np.linalg.cond(weights.numpy()) < np.quantile(conditions, 0.3)
        torch.testing.assert_close(weights.norm(dim=0), torch.ones(weights.shape[1]))


@pytest.mark.unit
def test_dependent_latents_follow_their_covariance():
    objects = Objects.draw(2, latents="dependent", seed=3)

    drawn = objects.sample(200_000, seed=0).flatten(1)

    expected = objects.scale @ objects.scale.T
    assert (expected - torch.diag(expected.diag())).abs().max() > 1
    torch.testing.assert_close(drawn.T.cov(), expected, rtol=0, atol=0.02 * float(expected.max()))


@pytest.mark.unit
def test_the_true_latents_in_any_order_have_the_score_of_the_ceiling():
    latents = Objects.draw(3, latents="dependent", seed=2).sample(400, seed=0).numpy()
    stretched = np.sinh(latents[:, [2, 0, 1]] / latents.std())

    exact = slot_identifiability(latents, latents[:, [1, 2, 0]], fit=300, score=100)
    monotone = slot_identifiability(latents, stretched, fit=300, score=100)

    assert exact.score == pytest.approx(exact.ceiling, abs=1e-9)
    assert exact.ceiling < 0.9
    assert list(monotone.order) == [1, 2, 0]
    assert monotone.score > exact.ceiling - 0.15


@pytest.mark.unit
def test_the_loss_of_a_member_is_its_error_and_its_weight_times_the_contrast():
    task = SyntheticTask(Synthetic(**TINY, contrast_weights=(0.0, 0.5)), seeds=(4, 5), device="cpu")
    losses = task.loss(7)

    for number, (weight, seed) in enumerate([(0.0, 4), (0.0, 5), (0.5, 4), (0.5, 5)]):
        alone = SyntheticTask(Synthetic(**TINY), seeds=(seed,), device="cpu")
        encoder, decoder = alone.network.encoder.member(0), alone.network.decoder.member(0)
        scenes = alone.scenes_at(0, step=7)
        latents = encoder(scenes)
        slopes = vmap(jacfwd(lambda one, decoder=decoder: decoder(one[None])[0]))(latents[:4])
        norms = slopes.unflatten(-1, (2, 3)).norm(dim=-1)
        expected = (decoder(latents) - scenes).square().mean() + weight * norms.prod(dim=-1).sum(dim=-1).mean()
        torch.testing.assert_close(losses[number], expected)


@pytest.mark.integration
def test_an_interrupted_training_is_the_uninterrupted_one(tmp_path: Path):
    recipe = Training(paper=SLUG, configuration={**TINY, "part": "synthetic", "contrast_weights": [0.1]}, seeds=(0, 1))

    def stop(done: int, _total: int, _doing: str) -> None:
        if done == 20:
            raise Cancelled

    stopped = LocalWorkshop(store=ArtifactStore(str(tmp_path / "stopped")), device="cpu", report=stop)
    with pytest.raises(Cancelled):
        stopped.obtain(recipe)
    resumed = new_workshop(tmp_path / "stopped").obtain(recipe)

    whole = new_workshop(tmp_path / "whole").obtain(recipe)
    assert resumed.values == whole.values
    assert {file.name: file.sha256 for file in resumed.files} == {file.name: file.sha256 for file in whole.files}


@pytest.mark.integration
def test_the_smallest_run_measures_every_part(ran):
    workshop, made = ran
    result = result_of(workshop, made)

    synthetic, images = (result["metrics"]["networks"][part] for part in ("synthetic", "images"))
    assert {(row["latents"], row["weight"], row["seed"]) for row in synthetic} == {
        (law, weight, seed) for law in ("independent", "dependent") for weight in (0.0, 0.1) for seed in (0, 1)
    }
    assert {row["method"] for row in images} == {"sum", "masks", "attention", "monet"}
    assert all(0 < row["ceiling"] <= 1 and row["error"] > 0 for row in [*synthetic, *images])
    assert {file.name for file in made.files} == {
        *("result.json", "synthetic_plain.svg", "synthetic_whitened.svg", "synthetic_weights.svg"),
        *("image_weighted.svg", "image_layers.svg"),
    }
    assert [claim["holds"] for claim in result["claims"]] == [None] * len(CLAIMS)
    assert len(result["warnings"]) == 1


@pytest.mark.integration
def test_every_network_is_a_model_of_the_zoo(ran):
    workshop, made = ran

    for digest in made.parents:
        name = model_id(digest)
        bring_models(name, store=workshop.store)
        assert load(name, device="cpu").card.layers
        assert {file.name for file in workshop.store.manifest(digest).files} >= {
            *("metrics.jsonl", "card.json", "weights.safetensors")
        }


@pytest.mark.unit
def test_the_published_scale_can_be_built():
    made = trainings(Run(paper=SLUG, preset="paper"))

    synthetic = [build(Synthetic, one.configuration) for one in made if one.configuration["part"] == "synthetic"]
    images = [build(Images, one.configuration) for one in made if one.configuration["part"] == "images"]
    assert {(one.slots, one.latents, one.steps) for one in synthetic} == {
        (slots, law, 115_000) for slots in (2, 3, 5) for law in ("independent", "dependent")
    }
    assert {(one.steps, one.batch, one.side, one.latents) for one in images} == {(500_000, 64, 64, 16)}
    for one in images[:4]:
        network = new_network(one.method, one.spec, seed=0)
        assert sum(parameter.numel() for parameter in network.parameters()) > 100_000


@pytest.mark.unit
@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"objects": 3}, "objects"),
        ({"part": "videos"}, "part"),
        ({"slots": [1]}, "slots"),
        ({"lambdas": [-1.0]}, "contrast_weights"),
        ({"lambdas": [0.1, 0.1]}, "contrast_weights"),
        ({"seeds": 0}, "seeds"),
        ({"synthetic": {"contrast_batch": 65}}, "contrast_batch"),
        ({"synthetic": {"scenes": 100}}, "scenes"),
        ({"images": {"most": 5}}, "slots"),
        ({"images": {"side": 33}}, "side"),
        ({"methods": ["genesis"]}, "methods"),
    ],
)
def test_an_unfit_setting_is_named(settings, field):
    with pytest.raises(InputError) as caught:
        trainings(Run(paper=SLUG, preset="paper", settings=settings))

    assert caught.value.field == field


@pytest.mark.unit
def test_a_part_that_is_none_is_named(tmp_path: Path):
    with pytest.raises(InputError, match="videos"):
        new_workshop(tmp_path).obtain(Training(paper=SLUG, configuration={"part": "videos"}))


@pytest.mark.unit
def test_settings_choose_what_is_trained():
    chosen = {"part": "synthetic", "latents": "independent", "slots": [3], "lambdas": [1.0], "seeds": 2, "steps": 7}

    (made,) = trainings(Run(paper=SLUG, preset="cpu", seed=5, settings=chosen))

    assert made.seeds == (5, 6)
    assert {name: made.configuration[name] for name in ("slots", "contrast_weights", "steps")} == {
        **{"slots": 3, "contrast_weights": (1.0,), "steps": 7}
    }
    assert settings_of(SMOKE).part == "all"


def network(**changes: Any) -> dict[str, Any]:
    plain = {"part": "synthetic", "slots": 2, "latents": "independent", "weight": 0.1, "error": 1e-5, "ceiling": 0.98}
    return {**plain, "score": 0.97, "on": 0.97, "off": 0.0, **changes}


def verdict(name: str, synthetic: list[dict[str, Any]], preset: str = "cpu") -> bool | None:
    metrics = {"networks": {"synthetic": synthetic, "images": []}}
    found = CHECKS[name]({"metrics": metrics, "recipe": {"preset": preset}})
    return None if found is None else found[1]


@pytest.mark.unit
def test_claims_hold_by_the_best_network_and_fail_by_any_counterexample():
    poor, good = network(score=0.3), network()

    assert verdict("two_slots", [poor, poor, good]) is True
    assert verdict("two_slots", [poor, poor, poor]) is False
    assert verdict("two_slots", [good]) is None
    assert verdict("two_slots", [good, good, good], preset="smoke") is None
    assert verdict("three_slots", [good, good, good]) is None
    assert verdict("reconstruction_alone", [network(weight=0.0, score=0.1)]) is True
    assert verdict("reconstruction_alone", [network(weight=0.0, score=0.1), network(weight=0.0, score=0.2)]) is False
    assert verdict("reconstruction_alone", [network(weight=0.0, score=0.1, error=1.0)]) is False


@pytest.mark.unit
def test_methods_on_images_are_not_ranked_where_their_seeds_overlap():
    def rows(method: str, *scores: float, contrast: float) -> list[dict[str, Any]]:
        return [network(part="images", method=method, score=score, contrast_weighted=contrast) for score in scores]

    def judged(*added: float) -> tuple[str, bool | None]:
        images = [*rows("attention", 0.5, 0.6, 0.7, contrast=10.0), *rows("sum", *added, contrast=50.0)]
        return CHECKS["images"]({"metrics": {"networks": {"synthetic": [], "images": images}}, "recipe": {"preset": "cpu"}})

    assert judged(0.1, 0.15, 0.2)[1] is True
    assert judged(0.8, 0.9, 1.0)[1] is False
    # A lower mean by less than the seeds of both spread.
    assert judged(0.3, 0.5, 0.7)[1] is None
    assert "attention 0.60 ± 0.10" in judged(0.3, 0.5, 0.7)[0]


@pytest.mark.unit
def test_the_order_is_taken_among_networks_that_invert():
    def rows(*scores: float) -> list[dict[str, Any]]:
        forms = ("plain", "whitened", "weighted")
        return [network(score=one, **{f"contrast_{form}": 10.0**-at for form in forms}) for at, one in enumerate(scores)]

    blind = [network(score=0.0, error=1.0, contrast_plain=0.0)] * 5

    assert verdict("order", rows(0.1, 0.2, 0.3, 0.5, 0.9) + blind) is True
    assert verdict("order", rows(0.9, 0.2, 0.3, 0.5, 0.1) + blind) is False
    assert verdict("order", rows(0.1, 0.2) + blind) is None
