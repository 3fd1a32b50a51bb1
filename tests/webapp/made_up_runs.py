"""Runs and their trainings as workers leave them, made up for tests: real recipes, real store, invented numbers."""

import json
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from django.test import TestCase

from experiments import jobs
from experiments.contract.artifacts import NewFile, Product
from experiments.contract.journals import JOURNAL, journal_bytes
from experiments.contract.local_models import CARD, WEIGHTS, model_id
from experiments.contract.recipes import Run, Training
from webapp.runs.services import run_recipe
from webapp.stimuli.models import Job
from webapp.stimuli.selectors import store
from webapp.stimuli.services import job_end

PAPER = "geirhos2024_fooling"
ORDER = {"paper": PAPER, "seed": 3, "settings": {"part": "theory"}}
CLAIMS = [
    {
        "id": "first",
        "statement": "It learns",
        "reported": ".99 (unverified)",
        "source": "table 1",
        "value": "0.98",
        "holds": True,
    },
    {"id": "second", "statement": "It stays", "reported": ".9", "source": "table 2", "value": "0.5", "holds": False},
    {"id": "third", "statement": "It scales", "reported": "yes", "source": "figure 1", "value": None, "holds": None},
]
JOURNAL_LINES = [{"step": step, "loss": 2.0 / step, "r2": [0.1 * step, None]} for step in (1, 2, 4)]
CARD_FILE = Path("model_zoo/cards/efficientnet_lite0.in1k.json")


def trained(seed: int, *, takes: str = "images") -> Training:
    """A stage as a worker leaves it: in the store alone."""
    recipe = Training(paper=PAPER, configuration={"width": 8 + seed, "rate": 0.1}, seeds=(seed,))
    name = model_id(recipe.digest)
    about = {"id": name, "title": f"A network that takes {takes}", "takes": takes, "input_size": 64 if takes == "images" else 0}
    weights = {"file": f"{name}/{WEIGHTS}", "sha256": ""}
    card = {**json.loads(CARD_FILE.read_text()), **about, "weights": weights, "reported_top1": None}
    files = [
        NewFile(name=CARD, content=json.dumps(card).encode(), media_type="application/json"),
        NewFile(name=WEIGHTS, content=b"weights", media_type="application/octet-stream"),
        NewFile(name=JOURNAL, content=journal_bytes(JOURNAL_LINES), media_type="application/jsonl"),
    ]
    store().publish(recipe, Product(new_files=files), provenance={})
    return recipe


def made(recipe: Run, *, stages: Sequence[Training]) -> dict[str, Any]:
    """The manifest of a run as a worker sends it."""
    result = json.dumps({"claims": CLAIMS}).encode()
    files = [
        NewFile(name="result.json", content=result, media_type="application/json"),
        NewFile(name="scores.svg", content=b"<svg/>", media_type="image/svg+xml", about={"caption": "Scores by row"}),
    ]
    values = {"claims": CLAIMS, "warnings": ["rows=all takes an hour"]}
    product = Product(new_files=files, values=values, parents=[stage.digest for stage in stages])
    return store().publish(recipe, product, provenance={}).as_json()


def committed() -> AbstractContextManager[Any]:
    """What is to happen when a transaction commits happens at the end, although that of a test never does."""
    return TestCase.captureOnCommitCallbacks(execute=True)


def come_home(recipe: Run, *, stages: Sequence[Training]) -> None:
    """The run's job ends well."""
    with committed():
        job_end(jobs.finished(str(Job.objects.get(digest=recipe.digest).id), made(recipe, stages=stages)))


def recipe_of(order: dict[str, Any]) -> Run:
    return run_recipe(**order)
