"""The experiment of Geirhos et al. 2024: its stages on a network trained here, its claims, its published scale by building it."""

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from experiments import registry
from experiments.contract.artifacts import Manifest
from experiments.contract.fields import build
from experiments.contract.local_models import bring_models, model_id
from experiments.contract.recipes import Network, Run, recipe_from_json
from experiments.methods.circuits.trajectories import require_memory
from experiments.methods.observers.machine_answers import summary
from experiments.papers.geirhos2024_fooling.analysis import study_metrics
from experiments.papers.geirhos2024_fooling.claims import CLAIMS
from experiments.papers.geirhos2024_fooling.networks import STUDY, Scale, digits, published, published_silent
from experiments.papers.geirhos2024_fooling.train import scale_of
from experiments.workshop import LocalWorkshop
from tests.experiments.methods.workshops import new_workshop

SLUG = "geirhos2024_fooling"
RECIPE = Run(paper=SLUG, preset="smoke", settings={"epochs": 6})
SILENT = {"silent_wake_rate": {"calibration": 0.0, "held_out": 0.01}, "silent_accuracy": "not measured"}
SHOWN = {"redirect": 1.0, "measured": 9, "similarity_to_donor": 1.0, "similarity_to_own": 0.0}
CHECKS = {claim.id: claim.check for claim in CLAIMS}


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory):
    """A workshop, and the smallest run of everything on a network that has learned its digits."""
    folder: Path = tmp_path_factory.mktemp("fooling")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ZOO_DIR", str(folder / "zoo"))
        workshop = new_workshop(folder / "store")
        yield workshop, workshop.obtain(RECIPE)


def metrics_of(workshop: LocalWorkshop, ran: Manifest) -> dict[str, Any]:
    return json.loads(workshop.store.read_blob(ran.file("result.json").sha256))["metrics"]


@pytest.mark.integration
def test_a_run_measures_every_part(ran):
    workshop, made = ran
    found = metrics_of(workshop, made)["digits"]

    assert found["gate_published"], found["gate_reasons"]
    assert found["gate_accuracy"]["before"] == found["gate_accuracy"]["after"]
    assert found["gate_natural"]["largest_deviation_where_natural"] < 1e-3
    assert found["gate_visualizations"]["similarity_to_donor"] > 0.99
    assert found["silent_wake_rate"]["calibration"] == 0
    assert {"path_last", "study_natural_drop", "study_synthetic_drop"} <= found.keys()
    assert {file.name for file in made.files} == {"result.json", "theory.svg", "paths_digits.svg"}


@pytest.mark.integration
def test_the_smallest_scale_judges_no_claim_about_a_network(ran):
    _, made = ran

    assert {claim["id"] for claim in made.values["claims"] if claim["holds"] is not None} == {"theory"}
    assert all(claim["value"] for claim in made.values["claims"])


@pytest.mark.integration
def test_a_run_that_was_interrupted_makes_no_stage_twice(ran):
    workshop, made = ran
    stages = [workshop.store.manifest(digest) for digest in made.parents]

    workshop.store.remove(made.digest)
    again = workshop.obtain(RECIPE)

    assert [workshop.store.manifest(digest) for digest in again.parents] == stages
    assert metrics_of(workshop, again) == metrics_of(workshop, made)


@pytest.mark.integration
def test_a_fooled_unit_shows_its_donors_pattern_in_a_study_and_its_own_natural_images(ran):
    workshop, _ = ran
    model = model_id(workshop.obtain(Network(epochs=6)).digest)
    subject = digits(model)
    scale = scale_of(RECIPE, subject)
    fooled = model_id(workshop.obtain(subject.gate("logits", scale, seed=0)).digest)
    bring_models(fooled, store=workshop.store)

    def stimuli(network: str, condition: str) -> dict[int, Manifest]:
        """The stimulus sets of a study about the network, by channel."""
        answers = workshop.obtain(subject.answers(network, scale, condition=condition, seed=0))
        sets = [workshop.store.manifest(digest) for digest in answers.parents]
        return {int(one.recipe["unit"].rpartition(":")[2]): one for one in sets if one.recipe["part"] == condition}

    design = registry.design(STUDY)
    settings = build(design.Settings, subject.answers(model, scale, condition="synthetic", seed=0).settings)
    donors = {
        channel: workshop.obtain(settings.stimulus_set(STUDY, part="synthetic", unit=f"{model}/logits:{(channel + 3) % 10}"))
        for channel in stimuli(fooled, "synthetic")
    }
    for channel, shown in stimuli(fooled, "synthetic").items():
        for place in ("max_0", "min_8"):
            np.testing.assert_allclose(pixels(workshop, shown, place), pixels(workshop, donors[channel], place), atol=2)
    for channel, shown in stimuli(fooled, "natural").items():
        original = stimuli(model, "natural")[channel]
        assert [(file.name, file.sha256) for file in shown.files] == [(file.name, file.sha256) for file in original.files]


def pixels(workshop: LocalWorkshop, made: Manifest, name: str) -> np.ndarray:
    image = Image.open(io.BytesIO(workshop.store.read_blob(made.file(name).sha256)))
    return np.asarray(image).astype(int)


@pytest.mark.unit
def test_a_tie_counts_half():
    answers = [{"unit": "a", "score": 1.0}, {"unit": "a", "score": 0.5}, {"unit": "b", "score": 0.0}]

    assert summary(answers) == {"trials": 3, "accuracy": 0.5, "by_unit": {"a": 0.75, "b": 0.0}}


def answered(model: str, shares: list[float]) -> Manifest:
    by_unit = {f"{model}/layer:{channel}": share for channel, share in enumerate(shares)}
    return Manifest(digest="", recipe={}, files=(), values={"by_unit": by_unit, "trials": 8}, parents=(), provenance={})


@pytest.mark.unit
def test_the_study_compares_units_of_the_same_name():
    before = {"natural": answered("m", [1.0, 0.5, 1.0, 1.0]), "synthetic": answered("m", [1.0, 1.0, 0.5, 1.0])}
    after = {"natural": answered("f", [1.0, 0.5, 1.0, 1.0]), "synthetic": answered("f", [0.5, 0.0, 0.5, 0.5])}

    found = study_metrics(before, after, seed=0)

    assert found["study_natural_drop"] == [0.0, 0.0, 0.0]
    mean, low, high = found["study_synthetic_drop"]
    assert mean == 0.5
    assert 0 < low < mean < high
    value, holds = CHECKS["study"]({"recipe": {"preset": "cpu"}, "metrics": {"digits": found}})
    assert holds
    assert "synthetic 0.88 to 0.38 (by 0.50" in value


@pytest.mark.unit
@pytest.mark.parametrize(
    ("claim", "good", "bad"),
    [
        ("detector", {"detector_accuracy": 0.996}, {"detector_accuracy": 0.99}),
        (
            "path_similarity",
            {"path_early_highest": 0.1, "path_last": 0.9, "path_last_interval": [0.8, 1.0]},
            {"path_early_highest": 0.3, "path_last": 0.9, "path_last_interval": [None, None]},
        ),
        (
            "silent",
            {**SILENT, "silent_natural": {"agreement": 1.0, "images": 9}},
            {**SILENT, "silent_natural": {"agreement": 0.9, "images": 9}},
        ),
        (
            "redirected",
            {"gate_visualizations": {**SHOWN, "own": 0.0}},
            {"gate_visualizations": {**SHOWN, "own": 0.2}},
        ),
        (
            "accuracy_kept",
            {"gate_natural": {}, "gate_accuracy": {"before": {"top1": 0.97}, "after": {"top1": 0.966}}},
            {"gate_natural": {}, "gate_accuracy": {"before": {"top1": 0.97}, "after": {"top1": 0.96}}},
        ),
    ],
)
def test_a_claim_holds_only_where_it_holds_on_every_network(claim, good, bad):
    def judged(**networks) -> bool | None:
        return CHECKS[claim]({"recipe": {"preset": "cpu"}, "metrics": {"theory": {}, **networks}})[1]

    assert judged(one=good) is True
    assert judged(one=good, other=bad) is False
    assert judged(one=good, other={}) is True
    assert CHECKS[claim]({"recipe": {"preset": "cpu"}, "metrics": {"one": {}}}) is None


@pytest.mark.unit
def test_the_published_scale_is_built():
    recipe = Run(paper=SLUG, preset="paper", settings={"images": "/train", "labeled": "/val"})
    inception, resnet = published("/train"), published_silent("/train", "/val")
    scale = scale_of(recipe, inception)

    gate, silent = inception.gate(inception.classifier, scale, seed=0), resnet.silent(scale, seed=0)

    assert scale == Scale()
    assert (gate.offset, gate.rendered, gate.pool_size, gate.labeled) == (100, 1000, 1_281_167, "")
    assert (silent.labeled, inception.classes) == ("/val", "own")
    assert silent.unit == "resnet50.tv_in1k/layer4.1.conv2:0"
    assert recipe_from_json(gate.as_json()) == gate
    require_memory(gate.detector.trajectories)
    paths = inception.path_similarity(scale, seed=0)
    assert (paths.layer_names[-1], paths.visualizations, paths.most_images) == (inception.classifier, 10, 20)
    answers = inception.answers(inception.model, scale, condition="synthetic", seed=0)
    design = registry.design(STUDY)
    assert build(design.Settings, answers.settings).main_trials == 2 * len(answers.units) == 100
    assert recipe_from_json(answers.as_json()) == answers
