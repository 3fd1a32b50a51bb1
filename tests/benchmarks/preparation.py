"""Fills a benchmark's database through the real services and models; called by name inside `manage.py shell`."""

import json
import random
import uuid
from collections.abc import Sequence
from pathlib import Path

from django.contrib.auth import get_user_model
from django.db import connection
from django.utils import timezone
from psycopg import ClientCursor

from experiments import registry
from experiments.contract.artifacts import NewFile, Product
from experiments.contract.recipes import Exemplars
from tests.benchmarks.multiplied import session_multiply
from tests.webapp import made_up
from webapp.stimuli.selectors import store
from webapp.stimuli.services import artifact_store
from webapp.studies.exports import Selection
from webapp.studies.exports.rows import ORDER, responses
from webapp.studies.exports.text_rows import as_text, column_kinds
from webapp.studies.models import Response, Session, Study, Trial
from webapp.studies.participant.api import cookie_name
from webapp.tokens.models import Scope
from webapp.tokens.services import token_create

TRIALS = 40
TASKS = 1000
BOTH_TASKS: dict[str, dict[str, int]] = {"zimmermann2023_scale": {"answer_lock": 0}, "zimmermann2021_causal": {}}
"""Papers, with settings by which an answer is taken at once."""
IMAGE_SIDE = 224
"""px, as published."""


def people(path: str, *, count: int) -> None:
    """Write to `path`, as JSON, a study whose `count` sessions stand before their main trials, with all of their answers."""
    study = made_up.study(main_trials=TRIALS, catch_trials=0)
    tokens = dict(made_up.session(study) for _ in range(count))
    study.sessions.update(instruction_time=5000.0, practice_passed=True)
    prepared = {
        "study": str(study.id),
        "cookie": cookie_name(study.id),
        "token": _researchers_token(),
        "sessions": [{"token": token, "answers": _answers(session)} for session, token in tokens.items()],
    }
    Path(path).write_text(json.dumps(prepared))


def whole_sessions(path: str, *, count: int) -> None:
    """Write to `path`, as JSON, a study with tasks for everybody, whose sessions have `count` main trials."""
    numbers = {"main_trials": count, "catch_trials": 1, "practice_obvious": 1, "practice_other": 0}
    study = made_up.study(side=IMAGE_SIDE, tasks=TASKS, conditions=("natural",), **numbers)
    Path(path).write_text(json.dumps({"study": str(study.id), "token": _researchers_token()}))


def made_stimulus(path: str, *, count: int) -> None:
    """Write to `path`, as JSON, the recipe of a stimulus that is there already, with `count` images."""
    recipe = Exemplars(unit=made_up.UNITS[0], k=count // 2)
    names = [f"{sign}_{rank:03d}" for sign in ("max", "min") for rank in range(count // 2)]
    product = Product(new_files=[NewFile(name=name, content=name.encode(), about={"activation": 1.0}) for name in names])
    artifact_store(store().publish(recipe, product, provenance={"made": "up"}).as_json())
    prepared = {"recipe": recipe.as_json(), "digest": recipe.digest, "token": _researchers_token()}
    Path(path).write_text(json.dumps(prepared))


def table(path: str, *, count: int) -> None:
    """Write to `path`, as JSON, a study with `count` responses, and the SELECT of its export as a person would type it.

    Also the same without an order, which costs less.
    """
    study = made_up.study(main_trials=TRIALS, catch_trials=0)
    template, _ = made_up.session(study)
    for trial in template.trials.filter(kind="main"):
        Response.objects.create(trial=trial, **_answer(trial))
    session_multiply(template, count=count // TRIALS - 1)
    with connection.cursor() as cursor:
        # As on a server whose autovacuum has come by.
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")
    selects = {"select": _select(study), "select_unsorted": _select(study, order=())}
    prepared = {"study": str(study.id), "name": study.name, "token": _researchers_token(), **selects}
    Path(path).write_text(json.dumps(prepared))


def both_tasks(path: str, *, count: int) -> None:
    """Write to `path`, as JSON, a study of each task, whose sessions are `count` main trials and nothing else."""
    numbers = {"main_trials": count, "catch_trials": 0, "practice_obvious": 0, "practice_other": 0}
    studies = {
        registry.design(paper).TASK: str(made_up.study(paper, side=IMAGE_SIDE, **numbers, **settings).id)
        for paper, settings in BOTH_TASKS.items()
    }
    Path(path).write_text(json.dumps({"studies": studies, "token": _researchers_token()}))


def _answers(session: Session) -> dict[str, dict[str, object]]:
    """A random answer to each main trial, by the trial's id, in their order."""
    draw = random.Random(session.task_index)
    ids = session.trials.filter(kind="main").order_by("position").values_list("id", flat=True)
    return {str(pk): made_up.answer(choice=draw.choice(("upper", "lower")), confidence=draw.randint(1, 3)) for pk in ids}


def _answer(trial: Trial) -> dict[str, object]:
    """All fields of a random answer."""
    draw = random.Random(trial.id.int)
    choice = draw.choice(("upper", "lower"))
    answer = made_up.answer(choice=choice, confidence=draw.randint(1, 3), rt=draw.uniform(500, 9000), key=uuid.uuid4())
    return {**answer, "correct": choice == trial.correct_choice, "answered_at": timezone.now()}


def _select(study: Study, *, order: Sequence[str] = ORDER) -> str:
    """All rows as one query, if the database has a client that copies them."""
    if connection.vendor != "postgresql":
        return ""
    rows = as_text(responses(study, Selection()).order_by(*order), column_kinds(study, Selection()))
    connection.ensure_connection()
    return ClientCursor(connection.connection).mogrify(rows.sql, rows.params)


def _researchers_token() -> str:
    user = get_user_model().objects.create_superuser("researcher")
    return token_create(user, name="benchmark", scopes=Scope.values, days=1)
