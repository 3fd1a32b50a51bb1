"""Studies with so many units and batches that no pair of queries comes twice, for observers that learn from feedback."""

import pytest

from model_zoo.catalogue import draw_units
from tests.webapp import made_up
from webapp.studies.models import Study


def wide_study(
    monkeypatch: pytest.MonkeyPatch, paper: str, *, condition: str, units: int, batches: int, main_trials: int, catch_trials: int
) -> Study:
    """An open study of one condition, without practice."""
    monkeypatch.setattr(made_up, "UNITS", tuple(draw_units("efficientnet_lite0.in1k", count=units, seed=1)))
    monkeypatch.setattr(made_up, "BATCHES", batches + 1)  # one is kept for practice
<<<<<<< HEAD
    return made_up.study(
        paper,
        units=draw_units("efficientnet_lite0.in1k", count=units, seed=1),
        conditions=[condition],
        main_trials=main_trials,
        catch_trials=catch_trials,
        practice_obvious=0,
        practice_other=0,
    )
=======
    trials = {"main_trials": main_trials, "catch_trials": catch_trials, "practice_obvious": 0, "practice_other": 0}
    return made_up.study(paper, conditions=[condition], **trials)
>>>>>>> work-observers
