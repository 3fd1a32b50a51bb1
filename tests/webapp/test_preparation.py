"""A study opens when all that it needs is there, not before."""

import sys
from typing import Any

import pytest
from django.db import connection
from django.test import Client, TestCase
from django.test.utils import CaptureQueriesContext

from experiments import registry
from experiments.contract.errors import InputError
from tests.webapp import made_up
from webapp.stimuli.models import Artifact, Job
from webapp.stimuli.services import artifact_store
from webapp.studies import preparation
from webapp.studies.models import Study
from webapp.studies.participant.session_plan import session_plan
from webapp.studies.preparation import needed_sets, studies_open, study_open_if_ready, study_prepare
from webapp.studies.tasks import expire

pytestmark = [pytest.mark.integration, pytest.mark.django_db]
LIST = "/admin/studies/study/"


def test_study_whose_stimuli_lie_in_the_store_already_opens_with_all_of_them():
    first = made_up.study()
    # As after a new start of the database beside an old store.
    Artifact.objects.all().delete()

    second = made_up.study(opened=False)

    second.refresh_from_db()
    assert second.state == Study.State.OPEN
    assert {image.digest for image in second.images.all()} == {recipe.digest for recipe in needed_sets(second)}
    assert second.images.count() == first.images.count()
    assert made_up.session(second)[0].trials.count() >= registry.design(second.paper).Settings().practice_obvious


def test_start_that_died_half_way_is_gone_on_with(monkeypatch: pytest.MonkeyPatch) -> None:
    units = [f"efficientnet_lite0.in1k/_blocks.10:{channel}" for channel in (50, 51)]
    with monkeypatch.context() as patch:
        patch.setattr(preparation, "artifact_request", lambda *_, **__: sys.exit("killed"))
        with pytest.raises(SystemExit):
            made_up.study(opened=False, units=units)
    study = Study.objects.get()
    needed = {recipe.digest for recipe in needed_sets(study)}
    before = Job.objects.count()

    studies_open()
    studies_open()

    assert before == 0
    assert sorted(Job.objects.filter(digest__in=needed).values_list("digest", flat=True)) == sorted(needed)
    study.refresh_from_db()
    assert study.state == Study.State.PREPARING


def test_study_that_was_opened_is_not_prepared_again(researcher: Client) -> None:
    study = made_up.study()
    session, _ = made_up.session(study)
    images = set(study.images.values_list("id", flat=True))

    for state in set(Study.State.values) - {"draft", "preparing", "failed"}:
        Study.objects.filter(id=study.id).update(state=state)
        with pytest.raises(InputError) as refused:
            study_prepare(study)
        told = researcher.post(LIST, {"action": "prepare", "_selected_action": [str(study.id)]}, follow=True)
        researcher.post(f"{LIST}{study.id}/start/")
        study.refresh_from_db()

        assert (refused.value.field, study.state) == ("state", state)
        assert f"{study.name} is {state}. Only what is draft" in " ".join(map(str, told.context["messages"]))

    assert set(study.images.values_list("id", flat=True)) == images
    assert session_plan(session)["main"]["trials"]


def test_images_of_a_study_that_is_prepared_again_keep_their_rows() -> None:
    study = made_up.study()
    images = set(study.images.values_list("id", flat=True))
    Study.objects.filter(id=study.id).update(state=Study.State.FAILED)
    study.images.update(served_size=1)

    study_prepare(study)

    study.refresh_from_db()
    assert study.state == Study.State.OPEN
    assert set(study.images.values_list("id", flat=True)) == images
    assert not study.images.filter(served_size=1).exists()


@pytest.mark.parametrize("process_dies", [False, True])
def test_study_opens_once_its_last_stimulus_is_written_down(process_dies: bool) -> None:
    study = made_up.study(opened=False)

    with TestCase.captureOnCommitCallbacks(execute=not process_dies):
        for recipe in needed_sets(study):
            artifact_store(made_up.stimuli(recipe).as_json())
        before = Study.objects.get(id=study.id).state
    if process_dies:
        expire()

    assert before == Study.State.PREPARING
    assert Study.objects.get(id=study.id).state == Study.State.OPEN


def test_images_are_written_by_slices_and_a_study_that_lost_some_meanwhile_opens_with_the_next_look(monkeypatch) -> None:
    monkeypatch.setattr(preparation, "SLICE", 20)
    study = made_up.study(opened=False)
    for recipe in needed_sets(study):
        artifact_store(made_up.stimuli(recipe).as_json())
    written: list[int] = []

    def lose_the_first_slice(execute: Any, sql: str, params: Any, many: Any, context: Any) -> Any:
        result = execute(sql, params, many, context)
        if sql.startswith("INSERT") and "studies_studyimage" in sql:
            written.append(study.images.count())
            if len(written) == 1:
                study.images.all().delete()
        return result

    with connection.execute_wrapper(lose_the_first_slice):
        study_open_if_ready(study.id)
    study.refresh_from_db()
    before = study.state
    expire()

    study.refresh_from_db()
    assert (written[0], len(written) > 2) == (20, True)
    assert (before, study.state) == (Study.State.PREPARING, Study.State.OPEN)
    assert study.images.count() == max(written) + 20


def test_nothing_is_locked_while_images_are_read() -> None:
    study = made_up.study(opened=False)
    for recipe in needed_sets(study):
        artifact_store(made_up.stimuli(recipe).as_json())

    with CaptureQueriesContext(connection) as captured:
        study_open_if_ready(study.id)

    sent = [query["sql"] for query in captured]
    first = {word: min(place for place, sql in enumerate(sent) if word in sql) for word in ('"manifest"', "SAVEPOINT")}
    assert first['"manifest"'] < first["SAVEPOINT"]
    assert study.images.exists()
