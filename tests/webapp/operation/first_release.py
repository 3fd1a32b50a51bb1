"""A database as the first release left it, brought up to date and back. Run by name inside `manage.py shell`, on an empty one."""

import csv
import io
import json
from pathlib import Path
from typing import Any

from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from webapp.studies.exports import export
from webapp.studies.models import Study

APPS = ("participants", "stimuli", "runs", "studies")
FIRST = [(app, "0001_initial") for app in APPS]
SESSIONS, TRIALS = 3, 4
UNIT = {"model": "efficientnet_lite0.in1k", "layer": "_blocks.3", "channel": 1}
STAMPS = {"onset": 1000.0, "second_frame": 1016.7, "event_time": 2234.5, "handler_time": 2235.0, "refresh_interval": 16.7}
COUNTS = {"dropped_frames": 0, "focus_losses": 1, "viewport_width": 1280, "viewport_height": 720}


def travel(out: str) -> None:
    """Fill a database of the first release, migrate it to the newest, back, and forth again; what was found to `out`, as JSON."""
    old = _migrate(FIRST)
    _fill(old)
    before = _rows(old)
    newest = [node for node in MigrationExecutor(connection).loader.graph.leaf_nodes() if node[0] in APPS]
    new = _migrate(newest)
    exported = _exported()
    back = _rows(_migrate(FIRST))
    _migrate(newest)
    facts = {
        "before": before,
        "after": _rows(new, like=before),
        "back": back,
        "exported": exported,
        "exported_again": _exported(),
    }
    Path(out).write_text(json.dumps(facts))


def _migrate(targets: list[tuple[str, str]]) -> Any:
    executor = MigrationExecutor(connection)
    executor.migrate(targets)
    # As it stands now, with what other apps need.
    executor = MigrationExecutor(connection)
    return executor.loader.project_state(targets).apps


def _fill(apps: Any) -> None:
    """What a study of the first release held."""
    people, of = ("participants", "studies")
    text = apps.get_model(people, "ConsentText").objects.create(version="1", title="Consent", body="First.\n\nSecond.")
    unit = apps.get_model(of, "Unit").objects.create(address="efficientnet_lite0.in1k/_blocks.3:1", **UNIT)
    study = apps.get_model(of, "Study").objects.create(
        name="first",
        title="The first",
        paper="zimmermann2023_scale",
        settings={"main_trials": TRIALS},
        state="open",
        consent=text,
    )
    study.units.add(unit)
    condition = apps.get_model(of, "Condition").objects.create(study=study, name="natural")
    image = {"digest": "d" * 64, "name": "max_0", "blob": "b" * 64, "served_size": 10, "served_sha256": "e" * 64}
    shown = apps.get_model(of, "StudyImage").objects.create(study=study, **image)
    apps.get_model(of, "StudyArtifact").objects.create(study=study, digest="d" * 64)
    apps.get_model(of, "StudyResult").objects.create(study=study, digest="f" * 64, live_sessions=SESSIONS, bot_sessions=0)
    apps.get_model("stimuli", "Artifact").objects.create(digest="d" * 64, kind="stimulus_set", unit=unit.address, manifest={})
    apps.get_model("stimuli", "Job").objects.create(digest="d" * 64, kind="stimulus_set", recipe={}, state="finished")
    for number in range(SESSIONS):
        person = apps.get_model(people, "Participant").objects.create(kind="live", external_id_hash=f"{number:064d}")
        apps.get_model(people, "Consent").objects.create(participant=person, text=text)
        session = apps.get_model(of, "Session").objects.create(
            study=study, condition=condition, participant=person, kind="live", index=number, seed=number, state="finished",
            token_sha256=f"{number:064d}", completion_code=f"CODE{number}", finished_at=timezone.now(),
        )  # fmt: skip
        for position in range(TRIALS):
            trial = apps.get_model(of, "Trial").objects.create(
                session=session,
                kind="main",
                position=position,
                unit=unit,
                batch=1,
                images={"upper": shown.pk},
                correct_choice="upper",
            )
            apps.get_model(of, "Response").objects.create(
                trial=trial, key=trial.pk, choice="upper", correct=True, confidence=2, rt=1234.5 + position, input="mouse",
                cross_origin_isolated=True, **STAMPS, **COUNTS,
            )  # fmt: skip


def _rows(apps: Any, *, like: dict[str, list[dict[str, str]]] | None = None) -> dict[str, list[dict[str, str]]]:
    """Every row of every model as text; of those, and with those fields, that `like` has."""
    found = {}
    for model in (model for app in APPS for model in apps.get_app_config(app).get_models(include_auto_created=True)):
        rows = [{name: str(value) for name, value in row.items()} for row in model.objects.order_by("pk").values()]
        if like is None:
            found[model._meta.label] = rows
        elif model._meta.label in like:
            fields = {name for row in like[model._meta.label] for name in row}
            found[model._meta.label] = [{name: value for name, value in row.items() if name in fields} for row in rows]
    return found


def _exported() -> list[dict[str, str]]:
    stream = b"".join(export(Study.objects.get(), form="csv")).decode()
    return list(csv.DictReader(io.StringIO(stream)))
