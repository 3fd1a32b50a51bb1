"""Simulated observers on trials whose truth is known."""

import json
from pathlib import Path

import numpy as np
import pytest

from experiments.contract.errors import InputError
from experiments.methods.observers import OBSERVERS, Truth, make_observer

pytestmark = pytest.mark.unit
STUDY = "12345678-1234-1234-1234-123456789012"
TRUTH = {"m/l:0": {"a": 1.0, "b": 2.0, "c": 3.0, "d": -1.0}, "m/l:1": {"a": 9.0, "b": 0.0, "x": 5.0}}
TRIAL = {"left_0": "d", "right_0": "c", "query_upper": "a", "query_lower": "b"}


def written(folder: Path, *, study: str = STUDY) -> Path:
    path = folder / "truth.json"
    path.write_text(json.dumps({"study": study, "task": "two_afc", "units": TRUTH}))
    return path


@pytest.mark.parametrize(("name", "expected"), [("ideal", 1.0), ("lapsing", 0.9), ("random", 0.5)])
def test_observer_is_right_as_often_as_it_promises(tmp_path: Path, name: str, expected: float):
    observer = make_observer(name, truth=written(tmp_path), study=STUDY)
    rng = np.random.default_rng(1)

    right = [observer.decide(TRIAL, rng=rng).choice == "lower" for _ in range(4000)]

    # Four standard errors of a proportion at its widest.
    assert np.mean(right) == pytest.approx(expected, abs=4 * 0.5 / np.sqrt(4000))


def test_best_query_asks_the_unit_that_knows_most_of_the_images():
    truth = Truth(units=TRUTH)

    # Unit 1 knows both queries too and would choose the other, but not the references.
    assert truth.best_query(TRIAL) == "lower"
    assert truth.best_query({"reference_0": "x", "query_left": "a", "query_right": "b"}) == "left"


def test_best_query_takes_an_image_of_another_unit_as_the_worst():
    truth = Truth(units=TRUTH)

    assert truth.best_query({"base": "c", "query_left": "x", "query_right": "d"}) == "right"


def test_decisions_are_answers_that_the_server_takes(tmp_path: Path):
    rng = np.random.default_rng(2)

    for name in OBSERVERS:
        observer = make_observer(name, truth=written(tmp_path), study=STUDY)
        decisions = [observer.decide(TRIAL, rng=rng) for _ in range(500)]

        assert {decision.choice for decision in decisions} <= {"upper", "lower"}
        assert {decision.confidence for decision in decisions} == {1, 2, 3}
        assert 2500 < np.median([decision.rt for decision in decisions]) < 3500


def test_observer_repeats_with_the_seed(tmp_path: Path):
    observer = make_observer("lapsing", truth=written(tmp_path), study=STUDY)

    first, again = ([observer.decide(TRIAL, rng=rng) for _ in range(20)] for rng in map(np.random.default_rng, (4, 4)))

    assert first == again


def test_observer_without_its_truth_is_told_how_to_get_it(tmp_path: Path):
    with pytest.raises(InputError, match="export_truth") as caught:
        make_observer("ideal", truth=tmp_path / "missing.json", study=STUDY)

    assert caught.value.field == "truth"


def test_random_observer_needs_no_truth(tmp_path: Path):
    make_observer("random", truth=tmp_path / "missing.json", study=STUDY)


@pytest.mark.parametrize(
    "content", ["", "[]", '{"study": 1}', '{"units": {"a": 3}, "study": "x"}', '{"units": [], "study": "x"}']
)
def test_a_broken_truth_file_is_refused(tmp_path: Path, content: str):
    path = tmp_path / "truth.json"
    path.write_text(content)

    with pytest.raises(InputError) as caught:
        make_observer("ideal", truth=path, study=STUDY)

    assert caught.value.field == "truth"


def test_the_truth_of_another_study_is_refused(tmp_path: Path):
    with pytest.raises(InputError, match="is not of study"):
        make_observer("ideal", truth=written(tmp_path, study="another"), study=STUDY)


def test_a_trial_that_the_truth_does_not_know_is_refused():
    with pytest.raises(InputError, match="knows no image"):
        Truth(units=TRUTH).best_query({"query_left": "p", "query_right": "q"})


def test_an_unknown_observer_is_refused(tmp_path: Path):
    with pytest.raises(InputError) as caught:
        make_observer("expert", truth=tmp_path, study=STUDY)

    assert caught.value.field == "observer"
