"""Answers that are none: each names its field, and nothing is stored."""

import pytest

from tests.webapp import made_up
from tests.webapp.test_participant_api import TYPE, main_trials, pass_practice, put
from webapp.studies.models import Response

pytestmark = [pytest.mark.integration, pytest.mark.django_db]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"choice": "left"}, "choice"),
        ({"choice": None}, "choice"),
        ({"confidence": 4}, "confidence"),
        ({"confidence": "3; DROP TABLE"}, "confidence"),
        ({"confidence": "2"}, "confidence"),
        ({"rt": -1}, "rt"),
        ({"rt": "soon"}, "rt"),
        ({"key": "not-a-uuid"}, "key"),
        ({"input": "telepathy"}, "input"),
        ({"correct": True}, "correct"),
        ({"dropped_frames": 1.5}, "dropped_frames"),
        ({"rt": "12"}, "rt"),
        ({"onset": True}, "onset"),
        ({"event_time": 1e308}, "event_time"),
    ],
)
def test_malformed_answer_names_its_field_and_changes_nothing(browser, changes, field):
    client, session = browser(made_up.study())
    pass_practice(client, session)
    before = Response.objects.count()

    response = put(client, session, main_trials(session)[0], **changes)

    assert response.status_code == 400
    assert response.json()["field"] == field
    assert response.json()["remedy"]
    assert Response.objects.count() == before


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b'"text"',
        b'{"rt": NaN}',
        b'{"rt": 1%s}' % (b"0" * 400),
        b'{"dropped_frames": -%s}' % (b"9" * 5000),
        b"\xff\xfe",
        b"[" * 8000 + b"]" * 8000,
    ],
)
def test_body_that_is_no_answer_is_refused(browser, body):
    client, session = browser(made_up.study())
    pass_practice(client, session)
    trial = main_trials(session)[0]

    response = client.put(f"/p/{session.study_id}/trials/{trial.id}/answer", body, content_type=TYPE)

    assert response.status_code == 400
    assert set(response.json()) == {"field", "message", "remedy"}
    assert not Response.objects.filter(trial=trial).exists()


def test_body_too_deep_for_the_reader_is_told_so(browser):
    client, session = browser(made_up.study())

    response = client.post(f"/p/{session.study_id}/instructions", "[" * 8000, content_type=TYPE)

    assert response.status_code == 400
    assert "nested too deeply" in response.json()["message"]


def test_huge_body_is_refused(browser):
    client, session = browser(made_up.study())
    pass_practice(client, session)

    response = put(client, session, main_trials(session)[0], key="x" * 20_000)

    assert response.status_code == 413
    assert response.json()["field"] == "body"


class Stalled:
    """A body whose client sends no more of it."""

    def read(self, *size: int) -> bytes:
        raise TimeoutError

    readline = read


def test_body_that_does_not_arrive_is_a_408_and_can_be_sent_again(browser):
    client, session = browser(made_up.study())
    url = f"/p/{session.study_id}/instructions"

    stalled = client.post(url, {"duration": 1.0}, content_type=TYPE, **{"wsgi.input": Stalled()})
    again = client.post(url, {"duration": 1.0}, content_type=TYPE)

    assert (stalled.status_code, stalled.json()["field"], again.status_code) == (408, "body", 204)
