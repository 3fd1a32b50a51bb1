"""The rule of the machine observer, with distances that can be checked by hand."""

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from experiments.contract.errors import InputError
from experiments.methods.observers.makers import make_observer
from experiments.methods.observers.seen import SeenImage, SeenTrial
from experiments.methods.observers.similarity import Similarity, confidence_of, probability_of
from tests.experiments.methods.observers.seen_trials import STUDY, seen

pytestmark = pytest.mark.unit


class OnALine:
    """Images are numbers, written where their sha256 stands; their distance is that of the numbers."""

    def distances(self, some: Sequence[SeenImage], others: Sequence[SeenImage]) -> np.ndarray:
        return np.array([[abs(float(a.sha256) - float(b.sha256)) for b in others] for a in some])


def probability(trial: SeenTrial, *, alpha: float = 2.0) -> float:
    return Similarity(measure=OnALine(), alpha=alpha).probability(trial)


def sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x))


def test_probability_follows_the_rule_with_both_kinds_of_references():
    trial = seen({"left_0": "0", "left_1": "0.2", "right_0": "1", "right_1": "0.8", "query_upper": "0.7", "query_lower": "0.4"})

    # d = -mean distance to the right ones + mean distance to the left ones.
    upper = -(0.3 + 0.1) / 2 + (0.7 + 0.5) / 2
    lower = -(0.6 + 0.4) / 2 + (0.4 + 0.2) / 2
    assert probability(trial) == pytest.approx(sigmoid(2 * (upper - lower)))


def test_maximal_references_alone_and_the_whole_image_alone_are_enough():
    maximal = seen({"right_0": "1", "query_upper": "0.7", "query_lower": "0.4"})
    occluded = seen({"reference_0": "1", "base": "0", "query_left": "0.7", "query_right": "0.4"})
    whole = seen({"base": "1", "query_left": "0.7", "query_right": "0.4"})

    assert [probability(trial) for trial in (maximal, occluded, whole)] == pytest.approx([sigmoid(2 * 0.3)] * 3)


def test_two_queries_by_themselves_leave_nothing_to_compare():
    observer, rng = Similarity(measure=OnALine(), alpha=2.0), np.random.default_rng(0)
    trial = seen({"query_upper": "0.7", "query_lower": "0.4"})

    choices = [observer.decide(trial, rng=rng).choice for _ in range(400)]

    assert probability(trial) == 0.5
    assert 150 < choices.count("upper") < 250


@pytest.mark.parametrize("alpha", [0.01, 1.0, 50.0])
def test_alpha_moves_the_confidence_and_never_the_choice(alpha: float):
    observer, rng = Similarity(measure=OnALine(), alpha=alpha), np.random.default_rng(0)

    decision = observer.decide(seen({"right_0": "1", "query_upper": "0.4", "query_lower": "0.7"}), rng=rng)

    assert (decision.choice, decision.confidence) == ("lower", {0.01: 1, 1.0: 1, 50.0: 3}[alpha])


def test_distances_far_apart_overflow_nothing():
    assert probability(seen({"right_0": "1e9", "query_upper": "0", "query_lower": "1e9"}), alpha=1e6) == pytest.approx(0)


@pytest.mark.parametrize(("probability", "confidence"), [(0.5, 1), (0.66, 1), (0.67, 2), (0.83, 2), (0.84, 3), (1.0, 3)])
def test_confidence_tells_the_third(probability: float, confidence: int):
    assert confidence_of(probability) == confidence
    assert abs(probability_of(confidence) - probability) <= 1 / 12 + 1e-9


def test_a_slider_stays_in_the_middle():
    rated = Similarity(measure=OnALine(), alpha=1.0).rate(seen({"left_0": "0", "right_0": "1"}), rng=np.random.default_rng(0))

    assert rated.rating == 0


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"weights": "lin.safetensors"}, "backbone"),
        ({"backbone": "vgg.safetensors"}, "weights"),
        ({"weights": "/no/such/lin.safetensors", "backbone": "/no/such/vgg.safetensors"}, "weights"),
    ],
)
def test_files_that_do_not_make_a_measure_are_refused(settings: dict[str, str], field: str, tmp_path: Path):
    with pytest.raises(InputError) as caught:
        make_observer("similarity", settings=settings, truth=tmp_path / "none.json", study=STUDY)

    assert caught.value.field == field
