"""The run about active tests: its stages on networks that have hardly learned, presets, and claims on invented results."""

import io
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from experiments import papers
from experiments.contract.artifacts import ArtifactStore, Manifest
from experiments.contract.claims import check_claims
from experiments.contract.errors import InputError
from experiments.contract.fields import build
from experiments.contract.local_models import bring_models, model_id
from experiments.contract.recipes import Run
from experiments.papers.zimmermann2022_active_tests.analysis import summary
from experiments.papers.zimmermann2022_active_tests.claims import CLAIMS
from experiments.papers.zimmermann2022_active_tests.classifiers.configuration import Classifier, network_of
from experiments.papers.zimmermann2022_active_tests.measurements.subject import classifier_training
from experiments.papers.zimmermann2022_active_tests.networks import DEFENCES, SEVEN
from experiments.papers.zimmermann2022_active_tests.train import settings_of, stages_of
from experiments.workshop import LocalWorkshop
from model_zoo.catalogue import MODEL_MADE_HERE
from model_zoo.loading import load

SLUG = "zimmermann2022_active_tests"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[ArtifactStore, Manifest]:
    store = ArtifactStore(str(tmp_path_factory.mktemp("store")))
    settings = {"part": "defences", "defences": ["none", "quantization", "random_input", "trapdoor"]}
    workshop = LocalWorkshop(store=store, device="cpu", report=lambda done, total, doing: None)
    return store, workshop.obtain(Run(paper=SLUG, preset="smoke", settings=settings))


def _result(made: tuple[ArtifactStore, Manifest]) -> dict[str, Any]:
    store, run = made
    result: dict[str, Any] = json.loads(store.read_blob(run.file("result.json").sha256))
    return result


@pytest.mark.integration
def test_run_measures_every_attack_of_every_defence(made: tuple[ArtifactStore, Manifest]) -> None:
    metrics = _result(made)["metrics"]

    assert {name: sorted(found["tests"]) for name, found in metrics.items()} == {
        "none": ["normal"],
        "quantization": ["normal"],
        "random_input": ["normal"],
        "trapdoor": ["inverted", "normal"],
    }
    for name, found in metrics.items():
        attacks = {"single_step", "plain", "original", "adequate", *(["smallest"] if name == "trapdoor" else [])}
        assert set(found["robust"]) == set(found["tests"]["normal"]) == attacks
        assert all(one["outside"] == 0 for one in found["robust"].values())
        assert all(one["violations"] == 0 and one["of"] == 4 for one in found["tests"]["normal"].values())


@pytest.mark.integration
def test_attack_without_gradients_finds_nothing_where_its_adequate_form_does(made: tuple[ArtifactStore, Manifest]) -> None:
    quantized = _result(made)["metrics"]["quantization"]["tests"]["normal"]

    assert quantized["original"]["share"] < quantized["adequate"]["share"] == 1
    assert "gradient" in quantized["original"]["words"]


@pytest.mark.integration
def test_run_keeps_verdicts_by_sample_sheets_and_figures_and_claims_nothing(made: tuple[ArtifactStore, Manifest]) -> None:
    store, run = made

    claims = _result(made)["claims"]
    names = {file.name for file in run.files}
    sheet = Image.open(io.BytesIO(store.read_blob(run.file("quantization_examples.png").sha256)))
    stages = [store.manifest(digest) for digest in run.parents]
    kept = [
        stage.file("verdicts.json") for stage in stages if stage and stage.recipe["configuration"]["experiment"] == "measurement"
    ]
    verdicts = json.loads(store.read_blob(kept[0].sha256))

    assert {claim["holds"] for claim in claims} == {None}
    assert {"rates.svg", "accuracies.svg", "examples.svg"} < names
    # Eight images; clean ones, a single step, plain PGD and the adequate attack.
    assert sheet.width == 2 * sheet.height
    assert len(verdicts["normal"]["adequate"]["per_sample"]) == 4


@pytest.mark.integration
def test_networks_of_a_run_enter_the_zoo(
    made: tuple[ArtifactStore, Manifest], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    metrics = _result(made)["metrics"]
    monkeypatch.setenv("ZOO_DIR", str(tmp_path))
    names = {name: metrics[name]["model"] for name in ("none", "quantization", "trapdoor")}
    bring_models(list(names.values()), store=made[0])

    models = {name: load(model, device="cpu") for name, model in names.items()}

    # Quantization defends the network that is trained as usual; trapdoors need one of their own.
    assert models["none"] is models["quantization"]
    assert names["trapdoor"] != names["none"]
    assert models["trapdoor"].network(
        torch.zeros(1, 3, models["trapdoor"].card.input_size, models["trapdoor"].card.input_size)
    ).shape == (1, 10)


@pytest.mark.unit
def test_published_scale_is_built() -> None:
    recipe = Run(paper=SLUG, preset="paper", settings={"cifar10": "/data"})

    stages = {stage.name: stage.recipe.configuration for stage in stages_of(recipe)}

    assert set(SEVEN) < set(stages)
    for name in SEVEN:
        configuration = stages[name]
        network = network_of(build(Classifier, configuration["classifier"]), seed=0)
        assert network.logits.in_features == 2048
        assert (configuration["samples"], configuration["eps"]) == (512, 8 / 255)
        assert configuration["inner"] == (49 if name == "random_input" else 999)
    assert stages["adversarial"]["classifier"]["eps"] == 8 / 255
    assert stages["none"]["classifier"]["eps"] == 0


@pytest.mark.unit
@pytest.mark.parametrize(
    ("preset", "settings", "field"),
    [
        ("smoke", {"defences": ["distillation"]}, "defences"),
        ("smoke", {"defences": []}, "defences"),
        ("smoke", {"measuring": {"eps": 0.0}}, "eps"),
        ("smoke", {"measuring": {"closeness": 1.0}}, "closeness"),
        ("smoke", {"measuring": {"attacks": ["square"]}}, "attacks"),
        ("smoke", {"training": {"widths": []}}, "widths"),
        ("paper", {}, "cifar10"),
        ("paper", {"cifar10": "data"}, "cifar10"),
    ],
)
def test_unfit_settings_are_refused_before_anything_is_trained(preset: Any, settings: Mapping[str, Any], field: str) -> None:
    with pytest.raises(InputError) as refused:
        stages_of(Run(paper=SLUG, preset=preset, settings=settings))

    assert refused.value.field == field


@pytest.mark.unit
def test_hardness_that_is_asked_for_wins_over_that_of_a_defence() -> None:
    stages = stages_of(Run(paper=SLUG, preset="cpu", settings={"part": "defences", "measuring": {"closeness": 0.5}}))
    usual = stages_of(Run(paper=SLUG, preset="cpu", settings={"part": "defences"}))

    assert {stage.recipe.configuration["closeness"] for stage in stages} == {0.5}
    closeness = {stage.name: stage.recipe.configuration["closeness"] for stage in usual}
    assert (closeness["none"], closeness["random_input"], closeness["trapdoor"]) == (0.999, 0.9, 0.999999)


@pytest.mark.unit
def test_another_version_of_a_defence_is_another_stage(monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = Run(paper=SLUG, preset="cpu", settings={"part": "defences", "defences": ["none", "quantization"]})
    before = {stage.name: stage.recipe.digest for stage in stages_of(recipe)}

    monkeypatch.setitem(DEFENCES, "quantization", replace(DEFENCES["quantization"], version=99))  # type: ignore[arg-type]  # a dict
    after = {stage.name: stage.recipe.digest for stage in stages_of(recipe)}

    assert (after["none"] == before["none"], after["quantization"] == before["quantization"]) == (True, False)


@pytest.mark.unit
def test_settings_are_joined_field_by_field() -> None:
    settings = settings_of(Run(paper=SLUG, preset="smoke", settings={"measuring": {"samples": 5}}))

    assert settings.measuring == {"steps": 3, "images": 16, "samples": 5, "inner": 19, "rounds": 2}


def _verdict(successes: int, *, random: float = 0.0) -> dict[str, Any]:
    passed = successes >= 61 and random < 0.475
    return {
        **{"successes": successes, "samples": 64, "outcome": "passed" if passed else "failed", "certified": successes == 64},
        **{"lower_bound": 0.0, "random_surface": 0.0, "random_corner": random, "setup_failures": 0, "violations": 0, "words": ""},
    }


def _found(name: str, *, rates: Mapping[str, Mapping[str, Any]], robust: tuple[int, int]) -> dict[str, Any]:
    counts = {
        attack: {"images": 128, "robust": one, "outside": 0} for attack, one in zip(("original", "adequate"), robust, strict=True)
    }
    values = {
        **{"model": "local.0", "notes": {}, "attacks": {name: {"title": name} for name in rates["normal"]}, "robust": counts},
        **{"clean": {"images": 128, "correct": 126, "detected": 0}, "tests": rates},
    }
    return {**summary(values, title=DEFENCES[name].title), "part": "defences", "defence": name, "inner": 199, "closeness": 0.999}


def _claims(changes: Mapping[str, Any]) -> dict[str, bool | None]:
    metrics = {name: _found(name, rates={"normal": _pair(0, 64)}, robust=(125, 40)) for name in SEVEN}
    for name in ("none", "adversarial"):
        metrics[name] = _found(name, rates={"normal": _pair(64, 64)}, robust=(60, 60))
    metrics["winners"] = _found("winners", rates={"normal": {**_pair(2, 64), "plain": _verdict(2, random=0.3)}}, robust=(125, 40))
    metrics["trapdoor"] = _detected(normal=_pair(50, 64), inverted=_pair(20, 64), smallest=(64, 20))
    result = {"recipe": {"preset": "cpu"}, "metrics": metrics | changes}
    return {claim["id"]: claim["holds"] for claim in check_claims(CLAIMS, result=result)}


def _detected(*, normal: Mapping[str, Any], inverted: Mapping[str, Any], smallest: tuple[int, int]) -> dict[str, Any]:
    """A detector's results; `smallest` are the successes of the attack of that name in both tests."""
    pairs = zip((normal, inverted), smallest, strict=True)
    rates = dict(zip(("normal", "inverted"), ({**pair, "smallest": _verdict(count)} for pair, count in pairs), strict=True))
    return _found("trapdoor", rates=rates, robust=(125, 40))


def _pair(original: int, adequate: int) -> dict[str, Any]:
    return {"original": _verdict(original), "adequate": _verdict(adequate), "plain": _verdict(original)}


@pytest.mark.unit
def test_claims_hold_of_results_as_the_paper_reports_them() -> None:
    holds = _claims({})

    judged = ("controls", "masked", "thermometer", "detector", "joint", "winners", "counted")
    assert {name: holds[name] for name in judged} == dict.fromkeys(judged, True)
    assert (holds["large"], holds["hardness"], holds["attacks_agree"]) == (None, None, None)


@pytest.mark.unit
@pytest.mark.parametrize(
    ("claim", "changes"),
    [
        ("controls", {"adversarial": _found("adversarial", rates={"normal": _pair(64, 50)}, robust=(60, 60))}),
        # The weak attack passes; it claims too little; the adequate one does not lower what was claimed.
        ("masked", {"quantization": _found("quantization", rates={"normal": _pair(64, 64)}, robust=(125, 40))}),
        ("masked", {"quantization": _found("quantization", rates={"normal": _pair(0, 64)}, robust=(100, 40))}),
        ("masked", {"quantization": _found("quantization", rates={"normal": _pair(0, 64)}, robust=(125, 122))}),
        ("detector", {"trapdoor": _detected(normal=_pair(64, 64), inverted=_pair(64, 64), smallest=(64, 64))}),
        ("detector", {"trapdoor": _detected(normal=_pair(50, 64), inverted=_pair(20, 64), smallest=(50, 20))}),
        ("joint", {"trapdoor": _detected(normal=_pair(64, 64), inverted=_pair(0, 50), smallest=(64, 20))}),
        ("winners", {"winners": _found("winners", rates={"normal": _pair(40, 64)}, robust=(60, 40))}),
        ("counted", {"thermometer": _found("thermometer", rates={"normal": _pair(0, 30)}, robust=(125, 40))}),
    ],
)
def test_claim_fails_of_a_result_that_says_otherwise(claim: str, changes: Mapping[str, Any]) -> None:
    assert _claims(changes)[claim] is False


@pytest.mark.unit
def test_half_of_the_evaluations_are_not_most() -> None:
    exposed = _found("quantization", rates={"normal": _pair(0, 64)}, robust=(125, 40))
    sound = _found("quantization", rates={"normal": _pair(64, 64)}, robust=(40, 40))
    hidden = [name for name in SEVEN if not DEFENCES[name].is_control]

    half = {name: exposed if number < len(hidden) // 2 else sound for number, name in enumerate(hidden)}
    most = {name: exposed if number <= len(hidden) // 2 else sound for number, name in enumerate(hidden)}

    assert (_claims(half)["counted"], _claims(most)["counted"]) == (False, True)


@pytest.mark.unit
def test_random_attack_has_to_become_rarer_for_the_claim_about_hardness() -> None:
    def graded(inner: int, random: float) -> dict[str, Any]:
        found = _found("none", rates={"normal": {"plain": _verdict(64, random=random)}}, robust=(0, 0))
        return {**found, "part": "hardness", "inner": inner}

    falls = _claims({"easy": graded(49, 0.4), "hard": graded(399, 0.01)})
    rises = _claims({"easy": graded(49, 0.01), "hard": graded(399, 0.4)})

    assert (falls["hardness"], rises["hardness"]) == (True, False)


@pytest.mark.unit
def test_study_in_the_readme_is_of_the_two_networks_that_its_first_command_makes() -> None:
    stages = stages_of(Run(paper=SLUG, preset="cpu", settings={"part": "pair"}))
    classifiers = [build(Classifier, stage.recipe.configuration["classifier"]) for stage in stages]
    readme = (Path(papers.__path__[0]) / SLUG / "README.md").read_text()

    wanted = {model_id(classifier_training(classifier, seed=0).digest) for classifier in classifiers}

    assert set(MODEL_MADE_HERE.findall(readme)) == wanted
    assert [classifier.eps for classifier in classifiers] == [0, 4 / 255]
