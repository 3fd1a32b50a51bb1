"""Rusak et al. 2024: how claims are judged by what was measured."""

import pytest

from experiments.papers.rusak2024_aninfonce.claims import CLAIMS, spread

CHECKS = {claim.id: claim.check for claim in CLAIMS}


@pytest.mark.unit
def test_one_seed_has_no_deviation_and_two_have_that_of_a_sample():
    assert spread([0.5]) == "0.5000 (one seed)"
    assert spread([0.4, 0.6]) == "0.5000 ± 0.1414"


def control(r2: float) -> dict:
    return {"linear_infonce_scaled": {"r2": [r2] * 3, "mcc": [0.6] * 3}}


def ensemble(r2_alone: float) -> dict:
    alone = {"r2": [r2_alone] * 3, "mcc": [0.6] * 3}
    laws = [{"precision_error": [0.01]}] * 2
    return {"ensemble": {"mcc": [0.999] * 3, "laws": laws}, "law1_alone": alone, "law2_alone": {**alone, "r2": [0.999] * 3}}


def linear(mcc: float, error: float) -> dict:
    return {"linear_aninfonce": {"r2": [0.999] * 3, "mcc": [mcc] * 3, "precision_error": [0.02, error]}}


def bimodal(block: float) -> dict:
    return {"bimodal_aninfonce": {"r2": [1.0], "mcc": [0.6], "block_r2": [block], "precisions": [[25, 24, 6, 5]]}}


def ratio(number: int, *, style: float, kept: float) -> dict:
    by_loss = {"infonce": (0.9, style), "aninfonce": (1.0, kept)}
    return {
        f"ratio{number}_{loss}": {"content_r2": [content] * 3, "style_r2": [half] * 3}
        for loss, (content, half) in by_loss.items()
    }


def readouts(plain: float, ours: float) -> dict:
    def readout(share: float) -> dict:
        by_source = {f"source{number}": share for number in range(30)}
        means = {"mean_accuracy": [share] * 3, "class_accuracy": [share] * 3}
        return {"features": {**means, "accuracy_by_source": by_source, "class_by_source": by_source}}

    return {"packaged_infonce": readout(plain), "packaged_aninfonce": readout(ours)}


@pytest.mark.unit
@pytest.mark.parametrize(
    ("claim", "good", "bad"),
    [
        ("linear", linear(0.999, 0.04), linear(0.99, 0.04)),
        ("recovery", linear(0.99, 0.04), linear(0.999, 0.06)),
        # A network that has learned nothing finds no rotation either.
        ("control", control(0.999), control(0.5)),
        ("ensemble", ensemble(0.999), ensemble(0.5)),
        ("bimodal", bimodal(0.995), bimodal(0.9)),
        (
            "contrast",
            {**ratio(5, style=0.8, kept=1.0), **ratio(10, style=0.02, kept=0.95)},
            # No single ratio has both.
            {**ratio(5, style=0.2, kept=1.0), **ratio(10, style=0.02, kept=0.85)},
        ),
        ("augmentations", readouts(0.6, 0.7), readouts(0.6, 0.6)),
        ("cost", readouts(0.6, 0.5), readouts(0.6, 0.7)),
    ],
)
def test_a_claim_is_judged_by_what_was_measured(claim, good, bad):
    def judged(metrics: dict) -> bool | None:
        return CHECKS[claim]({"recipe": {"preset": "cpu"}, "metrics": metrics})[1]

    assert judged(good) is True
    assert judged(bad) is False
    assert CHECKS[claim]({"recipe": {"preset": "cpu"}, "metrics": {}}) is None
