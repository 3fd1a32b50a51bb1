"""The experiment of Zimmermann et al. 2021: its rows and scales, its smallest run, what its claims judge, bad input."""

import json
from pathlib import Path

import pytest

from experiments.contract.errors import InputError
from experiments.contract.fields import build
from experiments.contract.local_models import model_id
from experiments.contract.recipes import Run, Training, recipe_from_json
from experiments.methods.image_identification.configuration import ImageConfiguration
from experiments.methods.image_identification.maker import untrained
from experiments.papers.zimmermann2021_clica.claims import CLAIMS
from experiments.papers.zimmermann2021_clica.networks import chosen_rows, configuration_of, fitting_temperature, supervised
from experiments.papers.zimmermann2021_clica.tables.image_rows import IMAGE_ROWS
from experiments.papers.zimmermann2021_clica.tables.rows import ROWS, TARGETS
from experiments.papers.zimmermann2021_clica.train import Settings, planned, settings_of
from tests.experiments.datasets.published_sets import write_identified, write_masks
from tests.experiments.methods.workshops import new_workshop

SLUG = "zimmermann2021_clica"
TINY = {"steps": 6, "batch": 8, "measure_every": 3, "codes": 4, "measured": 512}


def write_many_masks(folder: Path) -> None:
    """As many as the baseline on coarse pixels is fitted to."""
    write_masks(folder, times=60)


def write_many_images(folder: Path) -> None:
    write_identified(folder, images=400, side=16)


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    workshop = new_workshop(tmp_path_factory.mktemp("clica"))
    made = workshop.obtain(Run(paper=SLUG, preset="smoke"))
    return workshop, made, json.loads(workshop.store.read_blob(made.file("result.json").sha256))


@pytest.mark.unit
def test_both_tables_are_whole():
    claimed = [row.claimed for row in ROWS.values()]

    assert (claimed.count("r2"), claimed.count("mcc")) == (12, 10)
    assert set(TARGETS) <= ROWS.keys()
    assert sum(row.assumptions_met for row in ROWS.values()) == 3


@pytest.mark.unit
@pytest.mark.parametrize("name", ROWS)
def test_the_published_scale_of_a_row_is_built_as_published(name):
    configuration = configuration_of(ROWS[name], preset="paper", changes={})

    assert configuration.widths == (10, 100, 500, 500, 500, 500, 100, 10)
    assert (configuration.batch, configuration.steps, configuration.learning_rate) == (6144, 300_003, 1e-4)
    assert (configuration.temperature, configuration.negatives, configuration.decay) == (1.0, "self_included", "none")


@pytest.mark.unit
@pytest.mark.parametrize("name", [name for name, row in IMAGE_ROWS.items() if row.data != "rendered"])
def test_the_published_scale_of_a_row_on_images_is_built(name):
    settings = {"rows": "none", "images": name, "kitti": "/kitti", "three_d_ident": "/ident", "seeds": 1}

    (plan,) = planned(Run(paper=SLUG, preset="paper", settings=settings))

    configuration = build(ImageConfiguration, plan.trained[0].configuration)
    network = untrained(configuration, seed=0)
    assert configuration.folder == ("/kitti" if name.startswith("kitti") else "/ident")
    assert sum(parameter.numel() for parameter in network.parameters()) > 300_000
    assert configuration.steps in (30_000, 300_000)


@pytest.mark.unit
def test_rows_that_are_trained_alike_share_their_trainings():
    run = Run(paper=SLUG, preset="cpu", settings={"rows": "all", "images": "none"})

    plans = planned(run)

    digests = [one.digest for plan in plans for one in plan.trained]
    baselines = {one.digest for plan in plans for one in plan.supervised}
    assert (len(digests), len(set(digests))) == (22, 19)
    # Sphere, box and unbounded codes of uniform latents; normal latents on the sphere; two laws of unbounded latents.
    assert len(baselines) == 6


@pytest.mark.unit
def test_a_row_that_leaves_rotations_open_is_warned_of():
    plans = planned(Run(paper=SLUG, preset="cpu", settings={"images": "none"}))

    assert {plan.row.name for plan in plans if plan.warning} == {"r2_sphere_vmf10", "mcc_box_normal_l2_unbounded"}


@pytest.mark.unit
def test_the_supervised_baseline_does_not_depend_on_pairs():
    first, second = (supervised(ROWS[name], preset="cpu", changes={}) for name in ("r2_sphere_vmf1", "r2_sphere_laplace"))

    assert first == second
    assert (first.supervision, first.output) == ("latents", "sphere")


@pytest.mark.unit
@pytest.mark.parametrize(
    ("name", "expected"),
    [("r2_sphere_vmf10", 0.1), ("mcc_box_laplace_l1_box", 0.1), ("mcc_box_normal_l2_unbounded", 0.02)],
)
def test_temperatures_fit_the_law_of_the_pairs(name, expected):
    assert fitting_temperature(ROWS[name]) == pytest.approx(expected)


@pytest.mark.unit
@pytest.mark.parametrize(
    ("settings", "field", "told"),
    [
        ({"rows": "r2_sphere_vmf11"}, "rows", "r2_sphere_vmf10"),
        ({"images": "rendered_normal_bx"}, "images", "rendered_normal_box"),
        ({"images": "kitti"}, "kitti", "--set kitti="),
        ({"images": "three_d_ident", "three_d_ident": "relative"}, "three_d_ident", "--set three_d_ident="),
        ({"scale": {"batch": 1}}, "batch", "2"),
        ({"seeds": 0}, "seeds", "1"),
        ({"row": "all"}, "row", "rows"),
    ],
)
def test_bad_settings_are_told_before_anything_is_trained(settings, field, told):
    with pytest.raises(InputError) as refused:
        planned(Run(paper=SLUG, preset="cpu", settings=settings))

    assert refused.value.field == field
    assert told in refused.value.remedy


@pytest.mark.integration
@pytest.mark.parametrize("images", ["none", "kitti"])
def test_a_published_set_that_is_not_there_is_told_before_anything_is_trained(tmp_path, images):
    workshop = new_workshop(tmp_path)

    with pytest.raises(InputError) as refused:
        workshop.obtain(Run(paper=SLUG, settings={"images": images, "kitti": str(tmp_path / "nowhere")}))

    assert refused.value.field == "kitti"
    assert not list(workshop.store.digests(""))


@pytest.mark.integration
def test_the_smallest_run_measures_rows_and_images_and_judges_nothing(ran):
    _, made, result = ran

    assert set(result["metrics"]) == {"mcc_box_normal_l2_box", "rendered_normal_box"}
    assert {claim["holds"] for claim in result["claims"]} == {None}
    assert {claim["id"] for claim in result["claims"] if claim["value"]} == {"box_normal_l2_box", "images"}
    assert all(claim["reported"].endswith("(unverified)") for claim in result["claims"])
    assert {file.name for file in made.files} == {"result.json", "scores.svg", "curves.svg", "rendered.svg"}
    assert recipe_from_json(result["recipe"]) == Run(paper=SLUG, preset="smoke")


@pytest.mark.integration
def test_a_run_that_was_interrupted_trains_nothing_twice(ran):
    workshop, made, result = ran
    stages = [workshop.store.manifest(digest) for digest in made.parents]

    workshop.store.remove(made.digest)
    again = workshop.obtain(Run(paper=SLUG, preset="smoke"))

    assert [workshop.store.manifest(digest) for digest in again.parents] == stages
    assert json.loads(workshop.store.read_blob(again.file("result.json").sha256))["metrics"] == result["metrics"]


@pytest.mark.integration
@pytest.mark.parametrize(
    ("fields", "write"),
    [
        (
            {"data": "kitti_masks", "encoder": "mask_encoder", "side": 64, "correlation": "spearman", "power": 1.0},
            write_many_masks,
        ),
        ({"data": "three_d_ident", "encoder": "resnet_encoder", "side": 16}, write_many_images),
    ],
    ids=["kitti", "3DIdent"],
)
def test_encoders_of_published_sets_are_trained_from_their_files(tmp_path, fields, write):
    folder = tmp_path / "set"
    folder.mkdir()
    write(folder)
    workshop = new_workshop(tmp_path / "store")
    recipe = Training(paper=SLUG, configuration={**TINY, **fields, "folder": str(folder)}, seeds=(0,))

    made = workshop.obtain(recipe)

    card = json.loads(workshop.store.read_blob(made.file("card.json").sha256))
    assert (card["id"], card["architecture"]) == (model_id(recipe.digest), fields["encoder"])
    assert made.values["r2"] <= 1


def judged(metrics: dict, preset: str = "cpu") -> dict[str, bool | None]:
    result = {"metrics": metrics, "recipe": {"preset": preset}}
    return {claim.id: (claim.check(result) or (None, None))[1] for claim in CLAIMS}


def row(r2: float, mcc: float) -> dict:
    def scores(a: float, b: float) -> dict:
        return {"r2": {"mean": a, "sd": 0.0, "values": [a]}, "mcc": {"mean": b, "sd": 0.0, "values": [b]}}

    return {
        **{"latents": 5, "seeds": [0]},
        **{"unsupervised": scores(r2, mcc), "supervised": scores(1, 1), "identity": scores(0.6, 0.5)},
    }


@pytest.mark.unit
def test_claims_hold_and_fail_by_their_thresholds():
    rows = {
        "r2_sphere_vmf10": row(0.995, 0.5),
        "mcc_box_laplace_l1_box": row(0.99, 0.985),
        "mcc_box_normal_l2_box": row(0.99, 0.985),
        "mcc_box_generalized_l3_box": row(0.99, 0.995),
        "mcc_box_normal_l2_unbounded": row(0.995, 0.6),
    }

    assert judged(rows) == {
        **{"sphere": True, "box_laplace_l1_box": True, "box_normal_l2_box": False, "box_generalized_l3_box": True},
        **{"rotation": True, "shape": True, "images": None},
    }
    assert set(judged(rows, preset="smoke").values()) == {None}
    assert judged({**rows, "mcc_box_normal_l2_unbounded": row(0.995, 0.99)})["shape"] is False


@pytest.mark.unit
def test_presets_are_settings():
    for preset in ("smoke", "cpu", "paper"):
        assert isinstance(settings_of(Run(paper=SLUG, preset=preset)), Settings)
    assert [row.name for row in chosen_rows("targets")] == list(TARGETS)
