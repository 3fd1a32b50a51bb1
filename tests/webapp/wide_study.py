"""Studies with so many units and batches that no pair of queries comes twice, for observers that learn from feedback."""

import pytest

from model_zoo.catalogue import draw_units
from tests.webapp import made_up
from webapp.studies.models import Study

UNITS, MAIN_TRIALS, CATCH_TRIALS = 50, 90, 10


def wide_study(monkeypatch: pytest.MonkeyPatch, paper: str, *, condition: str, sessions: int) -> Study:
    """An open study of one condition for so many sessions of a hundred trials, without practice."""
    batches = -(-sessions * MAIN_TRIALS // UNITS) + 1  # one is kept for practice
    monkeypatch.setattr(made_up, "BATCHES", batches)
    return made_up.study(
        paper,
        units=draw_units("efficientnet_lite0.in1k", count=UNITS, seed=1),
        conditions=[condition],
        tasks=sessions,
        main_trials=MAIN_TRIALS,
        catch_trials=CATCH_TRIALS,
        practice_obvious=0,
        practice_other=0,
    )
