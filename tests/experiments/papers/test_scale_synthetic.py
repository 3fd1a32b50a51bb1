"""Synthetic stimuli of the scale study: the published search and early stop, and what is said of units that stay below."""

from pathlib import Path

import pytest

from experiments.papers.zimmermann2023_scale import design
from tests.experiments.methods.workshops import new_workshop
from tests.experiments.papers.stimulus_sets import made

pytestmark = pytest.mark.unit


def test_published_defaults_ask_for_search_and_early_stop():
    settings = design.Settings()

    assert (settings.early_stop, settings.diversity_search, settings.diversity, settings.steps) == (True, True, 1, 20_000)
    assert design.Settings(**design.DEMO).diversity_search is False


def test_synthetic_set_is_of_the_weight_that_the_search_found(tmp_path: Path):
    workshop = new_workshop(tmp_path / "store")

    made_set = made(design, "synthetic", workshop=workshop, early_stop=True, diversity_search=True, steps=2)

    signs = [made_set.values[sign] for sign in ("min", "max")]
    diverse = [manifest for digest in made_set.parents if len((manifest := workshop.store.manifest(digest)).files) == 8]
    assert [values["diversity"] for values in signs] == [one.values["diversity"] for one in diverse]
    assert all(one.values["attempts"] for one in diverse)
    assert made_set.values["below_natural"] == all(not all(values["beats_natural"][:8]) for values in signs)
