"""Encoders of mixed latents: what configurations can identify, how they are trained, and that a killed one goes on exactly."""

import dataclasses
import json

import numpy as np
import pytest
import torch

from experiments.contract.errors import Cancelled, InputError
from experiments.contract.fields import build
from experiments.contract.journals import JOURNAL
from experiments.contract.local_models import WEIGHTS, bring_models, model_id
from experiments.contract.recipes import Training
from experiments.methods.identification.configuration import Configuration
from experiments.methods.identification.identifiability import identified, warning_of
from experiments.methods.identification.losses import LearnedPrecisions
from experiments.methods.identification.maker import encoder_task
from experiments.methods.identification.scores import scores_of
from experiments.workshop import LocalWorkshop
from model_zoo.loading import load
from tests.experiments.methods.workshops import new_workshop

SLUG = "zimmermann2021_clica"
SMALL = {
    **{"latents": 2, "space": "box", "conditional": "laplace", "output": "box", "power": 1.0, "temperature": 0.1},
    **{"hidden": [32, 32], "batch": 64, "steps": 60, "measure_every": 20, "keep_every": 20, "mixing_pool": 50},
}
RECIPE = Training(paper=SLUG, configuration=SMALL, seeds=(3, 4))


@pytest.mark.unit
@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"output": "unbounded", "power": 2.0}, "rotation"),
        ({"output": "free_sphere", "power": 2.0}, "rotation"),
        ({"output": "sphere", "power": 0.0}, "rotation"),
        ({"output": "box", "power": 2.0}, "permutation"),
        ({"output": "unbounded", "power": 1.0}, "permutation"),
        ({"output": "unbounded", "power": 3.0}, "permutation"),
        ({"output": "unbounded", "power": 2.0, "supervision": "latents"}, "permutation"),
        (
            {"latents": 2, "power": 2.0, "conditional": "anisotropic", "spectrum": [5.0, 9.0], "precisions": "diagonal"},
            "permutation",
        ),
        (
            {"latents": 2, "power": 2.0, "conditional": "anisotropic", "spectrum": [5.0, 5.0], "precisions": "diagonal"},
            "rotation",
        ),
        (
            {"latents": 2, "power": 2.0, "conditional": "anisotropic", "spectrum": [5.0, 9.0], "precisions": "isotropic"},
            "rotation",
        ),
    ],
)
def test_a_configuration_that_leaves_rotations_open_is_warned_of(fields, expected):
    configuration = build(Configuration, fields)

    assert identified(configuration) == expected
    assert bool(warning_of(configuration)) == (expected == "rotation")


@pytest.mark.unit
@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"batch": 1}, "batch"),
        ({"space": "unbounded", "conditional": "normal"}, "marginal"),
        ({"space": "box"}, "conditional"),
        ({"conditional": "anisotropic", "spectrum": [1.0]}, "spectrum"),
        ({"precisions": "diagonal"}, "precisions"),
        ({"temperature": 0}, "temperature"),
        ({"learning_rate": -1.0}, "learning_rate"),
        ({"high": 0}, "high"),
        ({"hidden": [8, 0]}, "hidden"),
        ({"slope": 0}, "slope"),
        ({"stpes": 3}, "stpes"),
    ],
)
def test_an_unfit_configuration_names_its_field(fields, field):
    with pytest.raises(InputError) as refused:
        build(Configuration, fields)

    assert refused.value.field == field


@pytest.mark.unit
def test_precisions_start_alike_and_those_of_an_isotropic_member_stay_one_number():
    precisions = LearnedPrecisions(kinds=["diagonal", "isotropic"], latents=3, spread=0.0, seeds=[0, 1])
    torch.testing.assert_close(precisions(), torch.ones(2, 3))

    with torch.no_grad():
        precisions.raw += torch.arange(3.0)

    free, common = precisions()
    assert len(set(free.tolist())) == 3
    assert len(set(common.tolist())) == 1


@pytest.mark.unit
def test_scores_do_not_see_what_a_score_leaves_open():
    latents = torch.rand(400, 3, generator=torch.Generator().manual_seed(0))
    turned = torch.linalg.qr(torch.randn(3, 3, generator=torch.Generator().manual_seed(1)))[0]

    permuted = scores_of(latents, latents[:, [2, 0, 1]] * torch.tensor([-2.0, 1.0, 5.0]) + 1)
    rotated = scores_of(latents, latents @ turned)

    assert permuted.r2 == pytest.approx(1)
    assert permuted.mcc == pytest.approx(1)
    assert rotated.r2 == pytest.approx(1)
    assert rotated.mcc < 0.95


@pytest.mark.integration
@pytest.mark.parametrize("supervision", ["pairs", "latents"])
def test_encoders_of_little_latents_find_them(supervision):
    configuration = build(Configuration, {**SMALL, "supervision": supervision, "steps": 500, "learning_rate": 5e-3})
    task = encoder_task(configuration, seeds=(0,), device="cpu")
    optimizer = torch.optim.Adam([{"params": list(group.parameters)} for group in task.groups()], lr=5e-3)
    before = task.scores(1024)[0]

    for step in range(configuration.steps):
        for group in optimizer.param_groups:
            group["lr"] = 5e-3 * configuration.plan.share(step)
        loss = task.loss(step)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    after = task.scores(1024)[0]
    assert after.r2 > 0.93 > before.r2
    assert after.mcc > 0.96


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    workshop = new_workshop(tmp_path_factory.mktemp("whole"))
    return workshop, workshop.obtain(RECIPE)


@pytest.mark.integration
def test_a_training_gives_scores_by_seed_and_a_model_of_the_zoo(uninterrupted, tmp_path, monkeypatch):
    monkeypatch.setenv("ZOO_DIR", str(tmp_path))
    workshop, made = uninterrupted
    bring_models(model_id(made.digest), store=workshop.store)

    network = load(model_id(made.digest), device="cpu").network

    assert {name: len(made.values[name]) for name in ("r2", "mcc", "r2_in_sample", "mcc_in_sample")} == dict.fromkeys(
        ("r2", "mcc", "r2_in_sample", "mcc_in_sample"), 2
    )
    assert {"r2", "mcc"} <= made.values["identity"].keys()
    assert network(torch.zeros(5, 2)).shape == (5, 2)


@pytest.mark.integration
def test_an_interrupted_training_goes_on_exactly_where_it_was(uninterrupted, tmp_path):
    whole, made = uninterrupted
    workshop = new_workshop(tmp_path)

    def stop(done: int, _total: int, _doing: str) -> None:
        if done == 45:
            raise Cancelled

    with pytest.raises(Cancelled):
        LocalWorkshop(store=workshop.store, device="cpu", report=stop).obtain(RECIPE)
    assert workshop.store.read_checkpoint(RECIPE.digest) is not None
    resumed = workshop.obtain(RECIPE)

    assert resumed.values == made.values
    for name in (WEIGHTS, JOURNAL):
        assert resumed.file(name).sha256 == made.file(name).sha256
    journal = whole.store.read_blob(made.file(JOURNAL).sha256).decode().splitlines()
    assert [json.loads(line)["step"] for line in journal] == [20, 40, 60]


@pytest.mark.integration
def test_members_never_meet(uninterrupted):
    both = encoder_task(build(Configuration, SMALL), seeds=(3, 4), device="cpu")
    alone = encoder_task(build(Configuration, SMALL), seeds=(4,), device="cpu")

    both.loss(7).backward()
    alone.loss(7).backward()

    for together, single in zip(both.encoder.parameters(), alone.encoder.parameters(), strict=True):
        if single.grad is not None:
            torch.testing.assert_close(together.grad[1:], single.grad, rtol=1e-4, atol=1e-6)


@pytest.mark.integration
def test_a_loss_that_is_no_number_ends_the_training_with_its_step(tmp_path):
    workshop = new_workshop(tmp_path)
    wild = dataclasses.replace(RECIPE, configuration={**SMALL, "output": "unbounded", "power": 3.0, "learning_rate": 1e12})

    with pytest.raises(InputError) as refused:
        workshop.obtain(wild)

    assert refused.value.field in ("loss", "learning_rate")
    assert workshop.store.manifest(wild.digest) is None
    assert np.isfinite(workshop.obtain(RECIPE).values["r2"]).all()
