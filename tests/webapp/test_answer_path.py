"""What an answer costs: it is the one request that a thousand people send at once, so that its queries are counted."""

import uuid
from datetime import timedelta

import pytest
from django.core.cache import caches
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.webapp import made_up, progress
from webapp.studies.models import Response, Session
from webapp.studies.operations.progress import study_operations
from webapp.studies.services.response import response_record

pytestmark = [pytest.mark.integration, pytest.mark.django_db]
TYPE = "application/json"


def test_answer_takes_one_read_and_one_write(browser):
    client, session = browser(made_up.study())
    trial = progress.to_main(session).trials.filter(kind="main").first()
    url = f"/p/{session.study_id}/trials/{trial.id}/answer"

    with CaptureQueriesContext(connection) as captured:
        response = client.put(url, made_up.answer(), content_type=TYPE)

    assert response.status_code == 200
    assert [query["sql"].split()[0] for query in captured] == ["SELECT", "INSERT"]


def test_postgresql_plans_the_read_and_the_write_of_an_answer_once(browser, monkeypatch):
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no prepared statements to list")
    client, session = browser(made_up.study())
    trials = progress.to_main(session).trials.filter(kind="main")[:3]
    # As the settings of a deployment have it, but at once.
    monkeypatch.setattr(connection.connection, "prepare_threshold", 0)

    for trial in trials:
        client.put(f"/p/{session.study_id}/trials/{trial.id}/answer", made_up.answer(), content_type=TYPE)

    with connection.cursor() as cursor:
        cursor.execute("SELECT statement FROM pg_prepared_statements")
        kept = sorted(statement.split()[0] for (statement,) in cursor.fetchall())
    assert kept == ["INSERT", "SELECT"]
    assert Response.objects.filter(trial__in=list(trials)).count() == 3
    connection.connection.execute("DEALLOCATE ALL")


def test_image_takes_three_reads(browser, django_assert_num_queries):
    client, session = browser(made_up.study())
    image = client.get(f"/p/{session.study_id}/session").json()["main"]["trials"][0]["images"]["query_upper"]

    with django_assert_num_queries(3):
        assert client.get(image["url"]).status_code == 200


def test_answer_that_comes_twice_at_once_is_stored_once(browser):
    _, session = browser(made_up.study())
    trial = progress.to_main(session).trials.filter(kind="main").first()
    answer = made_up.answer(key=uuid.uuid4())

    stored, again = (response_record(session, trial, answer) for _ in range(2))

    assert again == stored == Response.objects.get(trial=trial)
    assert again.answered_at == stored.answered_at


def test_answer_that_comes_again_after_its_phase_is_found_and_another_contradicts(browser):
    client, session = browser(made_up.study())
    trial = progress.to_main(session).trials.filter(kind="main").first()
    url, answer = f"/p/{session.study_id}/trials/{trial.id}/answer", made_up.answer()
    client.put(url, answer, content_type=TYPE)
    Session.objects.filter(id=session.id).update(state=Session.State.FINISHED)

    again = client.put(url, answer, content_type=TYPE)
    altered = client.put(url, made_up.answer(confidence=1), content_type=TYPE)

    assert (again.status_code, altered.status_code) == (200, 409)
    assert altered.json()["message"] == "this trial has been answered, with another answer"
    assert session.events.get().kind == "contradictory answer"


def test_who_answers_is_heard_of(browser):
    _, session = browser(study := made_up.study())
    progress.to_main(session)
    long_ago = timezone.now() - timedelta(minutes=30)
    Session.objects.filter(id=session.id).update(seen_at=long_ago, created_at=long_ago)
    Response.objects.filter(trial__session=session).update(answered_at=long_ago)
    silent = study_operations(study, group="people", silent_minutes=5)["silent_count"]

    progress.answer_plan(session, count=1)
    caches["operations"].clear()

    assert (silent, study_operations(study, group="people", silent_minutes=5)["silent_count"]) == (1, 0)
