"""What is said of the measurements of the score-based classifiers: differences, speeds, and verdicts of claims."""

from typing import Any

import numpy as np
import pytest
from scipy.stats import norm as normal

from experiments.contract.claims import check_claims
from experiments.papers.zimmermann2021_sbgc.analysis import NOISE, Found, difference, speed
from experiments.papers.zimmermann2021_sbgc.claims import CLAIMS

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("images", [3, 48])
def test_equal_differences_are_certain_only_up_to_what_so_many_images_can_show(images: int) -> None:
    found = difference(np.ones(images), np.ones(images))

    # The Wilson interval of none of n.
    unseen = normal.ppf(0.975) ** 2 / (images + normal.ppf(0.975) ** 2)
    assert found["mean"] == 0
    assert found["high"] == pytest.approx(unseen)
    assert found["low"] == pytest.approx(-unseen)


def test_speed_is_that_of_a_draw() -> None:
    seconds = {"clean_ode": 8.0, "clean_noise_16": 1.0, "clean_ode_adaptive": 40.0}
    found = {name: Found(values=[{"seconds": each}, {"seconds": each}], arrays=[]) for name, each in seconds.items()}

    assert (speed(found, "ode", NOISE), speed(found, "ode_adaptive", NOISE)) == (4.0, 40.0)


def _corrupted(*, noise: tuple[float, float], ode: tuple[float, float]) -> dict[str, Any]:
    pairs = {
        form: {"mean": sum(ends) / 2, "low": ends[0], "high": ends[1], "images": 24}
        for form, ends in (("noise_16", noise), ("noise_16_relative", noise), ("flow_quick", noise), ("ode_quick", ode))
    }
    accuracy = {"accuracy": [0.8]}
    metrics = {"corruption_difference": pairs, "corrupted_discriminative": accuracy, "corrupted_noise_16": accuracy}
    return {"metrics": metrics, "recipe": {"preset": "cpu"}}


@pytest.mark.parametrize(
    ("noise", "ode", "holds"),
    [
        ((-0.03, 0.02), (-0.1, 0.0), True),
        ((0.03, 0.09), (-0.1, 0.0), False),
        ((-0.03, 0.02), (0.03, 0.3), False),
        ((-0.03, 0.02), (-0.1, 0.1), None),
        ((-0.03, 0.06), (-0.1, 0.0), None),
    ],
)
def test_corruption_claim_asks_both_forms_and_their_intervals(
    noise: tuple[float, float], ode: tuple[float, float], holds: bool | None
) -> None:
    claims = [claim for claim in CLAIMS if claim.id == "corruptions"]

    (checked,) = check_claims(claims, result=_corrupted(noise=noise, ode=ode))

    assert checked["holds"] is holds
    assert "ODE" in checked["value"]
    assert ("Not settled" in checked["value"]) is (holds is None)


def _result(*, ours: float, theirs: float, wide: float = 0.01) -> dict[str, Any]:
    pair = {"mean": ours - theirs, "low": ours - theirs - wide, "high": ours - theirs + wide, "images": 64}
    attack = {"linf": {"0.1": 0.9, "0.2": ours}, "l2": {"1.5": ours}}
    by_norm = {norm: {eps: pair for eps in one} for norm, one in attack.items()}
    metrics = {
        "attack_difference": {"noise_16": by_norm, "ode_quick": {**by_norm, "l2": {}}},
        "attack_noise_16": attack,
        "attack_discriminative": {"linf": {"0.1": 0.9, "0.2": theirs}, "l2": {"1.5": theirs}},
        "tested_readout": {"verdict": {"outcome": "passed"}},
    }
    return {"metrics": metrics, "recipe": {"preset": "cpu"}}


@pytest.mark.parametrize(
    ("ours", "theirs", "wide", "holds"),
    [
        *((0.1, 0.1, 0.01, True), (0.05, 0.3, 0.01, True), (0.4, 0.1, 0.05, False), (0.8, 0.85, 0.01, False)),
        *((0.12, 0.1, 0.05, None), (0.1, 0.1, 0.3, None)),
    ],
)
def test_adversarial_claim_holds_where_attacks_succeed_and_intervals_leave_no_more_robustness(
    ours: float, theirs: float, wide: float, holds: bool | None
) -> None:
    claims = [claim for claim in CLAIMS if claim.id == "adversarial"]

    (checked,) = check_claims(claims, result=_result(ours=ours, theirs=theirs, wide=wide))

    assert checked["holds"] is holds
