"""Observers that need no image, on trials whose truth is known; and how observers are made by name."""

from pathlib import Path

import numpy as np
import pytest

from experiments.contract.errors import InputError
from experiments.methods.observers.makers import OBSERVERS, make_observer
from experiments.methods.observers.seen import Observer, Phase, SeenTrial
from tests.experiments.methods.observers.seen_trials import STUDY, seen, truth_file

pytestmark = pytest.mark.unit
TRUTH = {"m/l:0": {"a": 1.0, "b": 2.0, "c": 3.0, "d": -1.0}, "m/l:1": {"a": 9.0, "b": 0.0, "x": 5.0}}
PLACES = {"left_0": "d", "right_0": "c", "query_upper": "a", "query_lower": "b"}
KNOWING = ("ideal", "lapsing", "noisy", "left", "fast")


def observer(name: str, folder: Path, **settings: object) -> Observer:
    return make_observer(name, settings=settings, truth=truth_file(folder, TRUTH), study=STUDY)


def trial(phase: Phase = "main") -> SeenTrial:
    return seen(PLACES, phase=phase)


@pytest.mark.parametrize(("name", "expected"), [("ideal", 1.0), ("lapsing", 0.9), ("random", 0.5), ("fast", 0.5), ("left", 0.0)])
def test_observer_is_right_as_often_as_it_promises(tmp_path: Path, name: str, expected: float):
    asked, rng = observer(name, tmp_path), np.random.default_rng(1)

    right = [asked.decide(trial(), rng=rng).choice == "lower" for _ in range(4000)]

    # Four standard errors of a proportion at its widest.
    assert np.mean(right) == pytest.approx(expected, abs=4 * 0.5 / np.sqrt(4000))


@pytest.mark.parametrize("name", ["left", "fast"])
def test_careless_observers_come_through_practice(tmp_path: Path, name: str):
    asked, rng = observer(name, tmp_path), np.random.default_rng(1)

    assert {asked.decide(trial("practice"), rng=rng).choice for _ in range(50)} == {"lower"}


def test_left_takes_the_first_choice_of_either_task(tmp_path: Path):
    asked, rng = observer("left", tmp_path), np.random.default_rng(1)
    occluded = seen({"base": "c", "query_right": "a", "query_left": "b"})

    assert asked.decide(trial(), rng=rng).choice == "upper"
    assert asked.decide(occluded, rng=rng).choice == "left"


def test_fast_answers_before_anybody_can_have_looked(tmp_path: Path):
    asked, rng = observer("fast", tmp_path), np.random.default_rng(1)

    times = [asked.decide(trial(), rng=rng).rt for _ in range(200)]

    assert 0 < min(times) < max(times) < 150


@pytest.mark.parametrize("name", [*KNOWING, "random"])
def test_decisions_are_answers_that_the_server_takes(tmp_path: Path, name: str):
    asked, rng = observer(name, tmp_path), np.random.default_rng(2)

    decisions = [asked.decide(trial(), rng=rng) for _ in range(500)]
    ratings = [asked.rate(trial(), rng=rng) for _ in range(200)]

    assert {decision.choice for decision in decisions} <= {"upper", "lower"}
    assert {decision.confidence for decision in decisions} <= {1, 2, 3}
    assert all(-100 <= rating.rating <= 100 for rating in ratings)
    assert 2500 < np.median([rating.rt for rating in ratings]) < 3500


def test_random_rates_up_to_both_ends(tmp_path: Path):
    rng = np.random.default_rng(0)

    ratings = {observer("random", tmp_path).rate(trial(), rng=rng).rating for _ in range(5000)}

    assert (min(ratings), max(ratings)) == (-100, 100)


def test_observer_repeats_with_the_seed(tmp_path: Path):
    asked = observer("lapsing", tmp_path)

    first, again = ([asked.decide(trial(), rng=rng) for _ in range(20)] for rng in map(np.random.default_rng, (4, 4)))

    assert first == again


@pytest.mark.parametrize("name", KNOWING)
def test_observer_without_its_truth_is_told_how_to_get_it(tmp_path: Path, name: str):
    with pytest.raises(InputError, match="export_truth") as caught:
        make_observer(name, settings={}, truth=tmp_path / "missing.json", study=STUDY)

    assert caught.value.field == "truth"


@pytest.mark.parametrize("name", ["random", "adversary"])
def test_some_observers_need_no_truth(tmp_path: Path, name: str):
    make_observer(name, settings={}, truth=tmp_path / "missing.json", study=STUDY)


def test_an_unknown_observer_is_refused(tmp_path: Path):
    with pytest.raises(InputError) as caught:
        make_observer("expert", settings={}, truth=tmp_path, study=STUDY)

    assert caught.value.field == "observer"


@pytest.mark.parametrize("name", OBSERVERS)
def test_a_setting_that_an_observer_does_not_have_is_refused(tmp_path: Path, name: str):
    with pytest.raises(InputError) as caught:
        observer(name, tmp_path, courage=1)

    assert caught.value.field == "courage"


@pytest.mark.parametrize(
    ("name", "setting", "value"),
    [
        ("noisy", "lapse", 1.5),
        ("noisy", "lapse", "often"),
        ("noisy", "noise_none", -1),
        ("similarity", "alpha", -1),
        ("similarity", "alpha", float("nan")),
        ("adversary", "counts", 1),
    ],
)
def test_a_setting_that_cannot_be_is_refused(tmp_path: Path, name: str, setting: str, value: object):
    with pytest.raises(InputError) as caught:
        observer(name, tmp_path, **{setting: value})

    assert caught.value.field == setting
