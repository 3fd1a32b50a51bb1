"""Rusak et al. 2024: the losses, what a quick run makes and what its encoder is good for."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional

from experiments.contract.errors import InputError
from experiments.contract.fields import build
from experiments.contract.local_models import bring_models, model_id
from experiments.contract.recipes import Exemplars, Run, Training
from experiments.datasets.augmentations import AugmentationLaw
from experiments.methods.contrastive.pair_loss import pair_nce
from experiments.methods.identification.configuration import Configuration
from experiments.papers.rusak2024_aninfonce.images.configuration import ImageConfiguration, images_of
from experiments.papers.rusak2024_aninfonce.images.networks import network_of
from experiments.papers.rusak2024_aninfonce.images.training import ImageTask
from experiments.papers.rusak2024_aninfonce.latents.extensions import Extension, ExtensionTask
from experiments.papers.rusak2024_aninfonce.latents.objectives import HALF, anchored_nce
from experiments.papers.rusak2024_aninfonce.networks import Scale, stages
from experiments.papers.rusak2024_aninfonce.train import KIND, configuration_of, stages_of, trainings_of, warning_of_stage
from model_zoo.catalogue import eligible_layers
from model_zoo.loading import load
from tests.experiments.methods.workshops import new_workshop

SLUG = "rusak2024_aninfonce"
TINY_IMAGES = {"photographs": 30, "stamps": 0, "side": 32, "batch": 8, "steps": 3, "views": 1, "widths": [4, 8]}
AS_PUBLISHED = {"power": 2.0, "temperature": HALF, "precisions": "diagonal"}
TINY = {
    **{
        "steps": 2,
        "bimodal_steps": 2,
        "contrast_steps": 2,
        "extension_steps": 2,
        "batch": 16,
        "contrast_batch": 16,
        "ratios": [5],
        "seeds": 2,
    },
    "shared": {"hidden": [8], "mixing_pool": 20},
    "images": {"packaged": TINY_IMAGES},
}


def points(*shape: int) -> torch.Tensor:
    drawn = torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(len(shape)))
    return functional.normalize(drawn, dim=-1)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory):
    """A whole run of tiny trainings."""
    folder: Path = tmp_path_factory.mktemp("aninfonce")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ZOO_DIR", str(folder / "zoo"))
        workshop = new_workshop(folder / "store")
        recipe = Run(paper=SLUG, preset="smoke", seed=4, settings={"scale": TINY})
        yield workshop, recipe, workshop.obtain(recipe)


@pytest.mark.unit
def test_negatives_around_an_anchor_are_any_negatives():
    first, second, precisions = points(2, 6, 3), points(2, 6, 3).flip(1), torch.tensor([[3.0, 1.0, 2.0]] * 2).double()
    others = torch.stack([second[:, [k for k in range(6) if k != row]] for row in range(6)], dim=1)

    ours = anchored_nce(first, second, others, precisions=precisions)

    expected = pair_nce(first, second, distance="lp", precisions=precisions, temperature=HALF, directions="one")
    torch.testing.assert_close(ours, expected)


@pytest.mark.unit
def test_both_losses_of_images_begin_as_infonce_with_its_temperature():
    first, second = points(9, 32).float(), points(9, 32).float().flip(0)
    expected = pair_nce(first, second, temperature=0.2, negatives="both")

    for loss in ("infonce", "aninfonce"):
        precisions = network_of(build(ImageConfiguration, {"loss": loss}), seed=0).precisions()
        ours = pair_nce(first, second, distance="lp", precisions=precisions, temperature=HALF, negatives="both")
        torch.testing.assert_close(ours, expected)


@pytest.mark.integration
def test_precisions_that_differ_are_learned_and_latents_found(tmp_path: Path):
    fields = {
        **{"latents": 3, "spectrum": [40.0, 20.0, 5.0], "conditional": "anisotropic", "power": 2.0, "temperature": HALF},
        **{"precisions": "diagonal", "precisions_factor": 100.0, "hidden": [64, 64], "batch": 128, "mixing_pool": 200},
        **{"steps": 500, "measure_every": 500, "keep_every": 500},
    }

    found = new_workshop(tmp_path).obtain(Training(paper=SLUG, configuration={**fields, KIND: "pairs"}, seeds=(0,))).values

    assert found["r2"][0] > max(0.95, found["identity"]["r2"][0])
    assert found["mcc"][0] > max(0.8, found["identity"]["mcc"][0])
    # They start at 1, all alike.
    assert max(found["precisions"][0]) > 1.2 * min(found["precisions"][0]) > 5


@pytest.mark.integration
def test_a_step_is_the_same_whatever_came_before():
    fields = {"loss": "aninfonce", **TINY_IMAGES}
    configuration = build(ImageConfiguration, fields)
    task = ImageTask(configuration, images_of(configuration, seed=0), seed=1, device="cpu")
    shared = {"latents": 3, "hidden": [8], "batch": 8, "mixing_pool": 20, **AS_PUBLISHED}
    laws = build(Extension, {"spectra": [[9.0, 8.0, 7.0]], "negatives": [3.0, 2.0, 1.0], "negatives_each": 4, "shared": shared})
    hard = ExtensionTask(laws, seeds=(1, 2), device="cpu")

    for one in (task, hard):
        at_first = one.loss(7).item()
        one.loss(3)
        assert one.loss(7).item() == at_first
        assert one.loss(8).item() != at_first


@pytest.mark.integration
def test_a_run_makes_every_stage_and_judges_nothing_at_this_scale(made):
    workshop, recipe, manifest = made
    result = json.loads(workshop.store.read_blob(manifest.file("result.json").sha256))

    assert set(result["metrics"]) == {stage.name for stage in stages_of(recipe)}
    assert [claim["id"] for claim in result["claims"] if claim["holds"] is not None] == []
    assert {claim["id"] for claim in result["claims"] if claim["value"] is None} == {"cost"}
    assert [figure["name"] for figure in result["figures"]] == ["contrast", "recovery", "images"]
    assert len(manifest.parents) == len({training.digest for _, trainings in trainings_of(recipe) for training in trainings})


@pytest.mark.integration
def test_an_encoder_of_images_is_a_model_whose_units_have_exemplars(made):
    workshop, recipe, _ = made
    training = {stage.name: trainings for stage, trainings in trainings_of(recipe)}["packaged_aninfonce"][0]
    name = model_id(training.digest)
    bring_models(name, store=workshop.store)

    model = load(name, device="cpu")
    shown = workshop.obtain(Exemplars(unit=f"{name}/relu2:5", pool="photographs", pool_size=30, pool_resolution=32, k=2))

    assert eligible_layers(name) == ("relu1", "relu2")
    assert model.network(model.preprocess(torch.zeros(2, 3, 32, 32))).norm(dim=1).tolist() == pytest.approx([1, 1])
    assert len([file for file in shown.files if file.name.startswith("max")]) == 2


@pytest.mark.unit
def test_latents_of_all_seeds_are_trained_side_by_side_and_images_one_by_one():
    recipe = Run(paper=SLUG, preset="cpu")

    by_name = {stage.name: trainings for stage, trainings in trainings_of(recipe)}

    assert [training.seeds for training in by_name["packaged_infonce"]] == [(0,), (1,), (2,)]
    assert by_name["ratio50_infonce"][0].seeds == (0, 1, 2)


@pytest.mark.unit
def test_the_published_scale_is_built():
    recipe = Run(paper=SLUG, preset="paper", settings={"cifar10": "/cifar", "imagenet": "/imagenet"})

    by_name = {stage.name: stage for stage in stages_of(recipe)}

    linear = build(Configuration, by_name["linear_aninfonce"].fields)
    assert (linear.widths, linear.batch, linear.negatives) == ((10, 100, 500, 500, 500, 500, 100, 10), 1000, "both")
    np.testing.assert_allclose(linear.spectrum, np.linspace(5, 25, 10))
    images = {name: build(ImageConfiguration, stage.fields) for name, stage in by_name.items() if stage.kind == "images"}
    assert {name: one.backbone for name, one in images.items() if one.loss == "infonce"} == {
        "cifar10_infonce": "resnet18",
        "imagenet_infonce": "resnet50",
    }
    encoder = network_of(replace(images["cifar10_aninfonce"], latents=8), seed=0).encoder.eval()
    assert encoder(torch.zeros(1, 3, 32, 32)).shape == (1, 8)


@pytest.mark.unit
@pytest.mark.parametrize(
    ("preset", "settings", "field"),
    [
        ("paper", {}, "cifar10"),
        ("paper", {"part": "images", "cifar10": "/cifar"}, "imagenet"),
        ("cpu", {"cifar10": "data"}, "cifar10"),
        ("cpu", {"part": "everything"}, "part"),
        ("cpu", {"scale": {"contrast_latents": 5}}, "contrast_latents"),
        ("cpu", {"scale": {"seeds": 0}}, "seeds"),
    ],
)
def test_a_setting_that_is_unfit_is_refused(preset, settings, field):
    with pytest.raises(InputError) as caught:
        stages_of(Run(paper=SLUG, preset=preset, settings=settings))

    assert caught.value.field == field


@pytest.mark.integration
def test_a_path_without_the_data_set_is_refused_by_the_training(tmp_path: Path):
    (stage,) = [
        stage for stage in stages(Scale(images={"x": {"images": "cifar10", "path": str(tmp_path)}})) if stage.name == "x_infonce"
    ]

    with pytest.raises(InputError) as caught:
        new_workshop(tmp_path).obtain(Training(paper=SLUG, configuration={**stage.fields, KIND: "images"}))

    assert caught.value.field == "images"


@pytest.mark.unit
def test_a_training_is_kept_under_all_that_decides_it():
    by_name = {stage.name: trainings[0].configuration for stage, trainings in trainings_of(Run(paper=SLUG, preset="cpu"))}

    assert by_name["ratio5_infonce"]["slope"] == Configuration().slope
    assert by_name["ensemble"]["shared"]["directions"] == Configuration().directions
    assert by_name["packaged_infonce"]["augmentations"]["jitter"] == AugmentationLaw().jitter
    for configuration in by_name.values():
        fields = {name: value for name, value in configuration.items() if name != KIND}
        assert configuration_of(configuration[KIND], fields) == configuration


@pytest.mark.unit
@pytest.mark.parametrize(
    ("shared", "negatives"),
    [
        ({"supervision": "latents"}, []),
        ({"precisions": "none"}, []),
        ({"spectrum": [1.0, 2.0, 3.0]}, []),
        ({"temperature": 1.0}, [3.0, 2.0, 1.0]),
        ({"negatives": "both"}, [3.0, 2.0, 1.0]),
    ],
)
def test_an_extension_refuses_what_its_loss_does_not_know(shared, negatives):
    whole = {"latents": 3, **AS_PUBLISHED, **shared}

    with pytest.raises(InputError) as caught:
        build(Extension, {"spectra": [[9.0, 8.0, 7.0]], "negatives": negatives, "shared": whole})

    assert caught.value.field == "shared"


@pytest.mark.unit
@pytest.mark.parametrize("changes", [{"temperature": 1.0}, {"negatives": "both"}, {"directions": "one"}, {"power": 3.0}])
def test_an_ensemble_reads_its_loss_from_what_is_shared(changes):
    shared = {"latents": 3, "hidden": [8], "batch": 8, "mixing_pool": 20, **AS_PUBLISHED}

    losses = [
        ExtensionTask(build(Extension, {"spectra": [[9.0, 8.0, 7.0]], "shared": one}), seeds=(1,), device="cpu").loss(0).item()
        for one in (shared, {**shared, **changes})
    ]

    assert losses[0] != losses[1]


@pytest.mark.unit
def test_what_cannot_be_identified_is_said_before_anything_is_trained():
    by_name = {stage.name: warning_of_stage(stage) for stage in stages_of(Run(paper=SLUG, preset="cpu"))}

    assert [name for name in ("linear_aninfonce", "ensemble", "hard_negatives", "packaged_aninfonce") if by_name[name]] == []
    assert "rotated codes" in by_name["linear_infonce_scaled"]
    assert "equal precision" in by_name["bimodal_aninfonce"]
    assert "equal precision" in by_name["law1_alone"]
