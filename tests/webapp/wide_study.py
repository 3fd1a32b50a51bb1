"""Studies with so many units and batches that no pair of queries comes twice, for observers that learn from feedback."""

import pytest

from model_zoo.catalogue import draw_units
from tests.webapp import made_up
from webapp.participants.consent import default_consent
from webapp.stimuli.services import artifact_store
from webapp.studies.models import Study
from webapp.studies.preparation import needed_sets, study_open_if_ready
from webapp.studies.services import study_create


def wide_study(
    monkeypatch: pytest.MonkeyPatch, paper: str, *, condition: str, units: int, batches: int, main_trials: int, catch_trials: int
) -> Study:
    """An open study of one condition, without practice."""
    monkeypatch.setattr(made_up, "BATCHES", batches + 1)  # one is kept for practice
    trials = {"main_trials": main_trials, "catch_trials": catch_trials, "practice_obvious": 0, "practice_other": 0}
    made = study_create(
        name=f"wide-{condition}",
        paper=paper,
        units=draw_units("efficientnet_lite0.in1k", count=units, seed=1),
        consent=default_consent(),
        settings=trials,
        conditions=[condition],
    )
    for recipe in needed_sets(made):
        artifact_store(made_up.stimuli(recipe).as_json())
    study_open_if_ready(made.id)
    made.refresh_from_db()
    return made
