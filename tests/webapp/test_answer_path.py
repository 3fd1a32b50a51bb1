"""What an answer costs: it is the one request that a thousand people send at once, so that its queries are counted."""

import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.webapp import made_up, progress
from webapp.studies.models import Response, Session
from webapp.studies.services.response import response_record

pytestmark = [pytest.mark.integration, pytest.mark.django_db]
TYPE = "application/json"


def test_answer_takes_one_read_and_one_transaction_of_two_writes(browser):
    client, session = browser(made_up.study())
    trial = progress.to_main(session).trials.filter(kind="main").first()
    url = f"/p/{session.study_id}/trials/{trial.id}/answer"

    with CaptureQueriesContext(connection) as captured:
        response = client.put(url, made_up.answer(), content_type=TYPE)

    assert response.status_code == 200
    # Inside the transaction of a test, one of our own is a savepoint.
    assert [query["sql"].split()[0] for query in captured] == ["SELECT", "SAVEPOINT", "UPDATE", "INSERT", "RELEASE"]


def test_image_takes_three_reads(browser, django_assert_num_queries):
    client, session = browser(made_up.study())
    image = client.get(f"/p/{session.study_id}/session").json()["main"]["trials"][0]["images"]["query_upper"]

    with django_assert_num_queries(3):
        assert client.get(image["url"]).status_code == 200


def test_answer_that_is_not_stored_is_not_heard_of_either(browser):
    _, session = browser(made_up.study())
    trial = progress.to_main(session).trials.filter(kind="main").first()
    # As when the same answer arrives twice at once: neither request sees the other's row before its own is refused.
    first, second = (session.trials.select_related("response").get(id=trial.id) for _ in range(2))
    answer = made_up.answer(key=uuid.uuid4())
    stored = response_record(session, first, answer)
    seen_at = Session.objects.get(id=session.id).seen_at

    again = response_record(session, second, answer)

    assert again.id == stored.id
    assert Response.objects.filter(trial=trial).count() == 1
    assert Session.objects.get(id=session.id).seen_at == seen_at == stored.answered_at
