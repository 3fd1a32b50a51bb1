"""The page in Mechanical Turk's frame: preview, way in, hand-in; and that no other page can be framed."""

from urllib.parse import urlencode

import pytest
from django.test import Client

from tests.services.recruiters.mturk import HIT_ID
from tests.webapp import made_up
from tests.webapp.participants.conftest import on_mturk, on_prolific
from tests.webapp.participants.people import browser_of, finish, mturk_session, session_of
from webapp.participants.models import Participant, Submission
from webapp.studies.models import Session
from webapp.studies.participant.api import cookie_name
from webapp.studies.participant.visits import entry_cookie

pytestmark = [pytest.mark.integration, pytest.mark.django_db]
WORDS = {
    "assignmentId": "3ASSIGN00001",
    "hitId": HIT_ID,
    "workerId": "AWORKER00001",
    "turkSubmitTo": "https://www.mturk.com",
}
PREVIEW = {"assignmentId": "ASSIGNMENT_ID_NOT_AVAILABLE", "hitId": HIT_ID, "turkSubmitTo": "https://www.mturk.com"}


def frame(study, words=WORDS):
    return f"/p/{study.id}/frame/?{urlencode(words)}"


@pytest.mark.parametrize("page", ["frame/", ""])
def test_preview_shows_what_it_is_about_and_stores_nothing(recruiting, page):
    study = recruiting(on_mturk())

    response = Client().get(f"/p/{study.id}/{page}?{urlencode(PREVIEW)}")

    assert response.status_code == 200
    assert "Accept the task to begin" in response.content.decode()
    assert not Participant.objects.exists()
    assert not response.cookies


def test_worker_goes_from_the_frame_through_the_study_back_to_the_frame(recruiting):
    study = recruiting(on_mturk())
    framed, window = Client(), Client()

    arrived = framed.get(frame(study))
    page = framed.get(arrived.headers["Location"])
    window.get(page.context["link"], follow=True)
    window.post(f"/p/{study.id}/", made_up.agreed(study))
    waiting = framed.get(f"/p/{study.id}/frame/").content.decode()
    session = session_of(study, window.cookies[cookie_name(study.id)].value)
    told = finish(browser_of(session), session)
    ready = framed.get(f"/p/{study.id}/frame/").content.decode()

    assert (arrived.status_code, arrived.headers["Location"]) == (303, f"/p/{study.id}/frame/")
    assert "externalSubmit" not in waiting
    assert "last answers are still on their way" in waiting
    assert 'action="https://www.mturk.com/mturk/externalSubmit"' in ready
    assert 'name="assignmentId" value="3ASSIGN00001"' in ready
    assert told["code"] in ready
    assert Submission.objects.get().external_id == "3ASSIGN00001"


def test_whoever_types_a_workers_id_gets_no_code(recruiting):
    study = recruiting(on_mturk())
    session = mturk_session(study)
    code = finish(browser_of(session), session)["code"]

    told = [Client().get(frame(study, {**WORDS, **other}), follow=True) for other in ({}, {"assignmentId": "3GUESSED"})]

    assert [code in answer.content.decode() for answer in told] == [True, False]
    assert "externalSubmit" not in told[1].content.decode()


def test_frame_can_be_framed_by_mechanical_turk_alone(recruiting):
    study = recruiting(on_mturk())
    client = Client()
    client.get(frame(study))

    for response in (client.get(f"/p/{study.id}/frame/"), Client().get(frame(study, PREVIEW))):
        policy = response.headers["Content-Security-Policy"]
        assert "frame-ancestors https://*.mturk.com https://*.mturkcontent.com" in policy
        assert "form-action https://*.mturk.com" in policy
        assert "X-Frame-Options" not in response.headers


@pytest.mark.parametrize("path", ["", "run/", "decline", "session"])
def test_no_other_page_can_be_framed(recruiting, path):
    study = recruiting(on_mturk())

    response = Client().get(f"/p/{study.id}/{path}")

    assert "frame-ancestors 'none'" in response.headers["Content-Security-Policy"]
    assert response.headers["X-Frame-Options"] == "DENY"


def test_cookie_works_in_a_frame_over_tls_only(recruiting):
    study = recruiting(on_mturk())

    secure = Client().get(frame(study), secure=True)
    plain = Client().get(frame(study))
    entry = Client().get(f"/p/{study.id}/?{urlencode(WORDS)}", secure=True)

    sent = secure.headers["Set-Cookie"]
    assert sent.startswith(entry_cookie(study, page="frame"))
    assert [word in sent for word in ("; Partitioned", "SameSite=None", "Secure", "HttpOnly")] == [True] * 4
    assert plain.cookies[entry_cookie(study, page="frame")]["samesite"] == "Lax"
    assert [cookie["samesite"] for cookie in entry.cookies.values()] == ["Lax"]


@pytest.mark.parametrize(
    "changes", [{"turkSubmitTo": "https://evil.example"}, {"hitId": "3OTHER"}, {"workerId": ""}, {"extra": "1"}]
)
def test_link_that_does_not_fit_is_refused_and_stores_nothing(recruiting, changes):
    study = recruiting(on_mturk())

    response = Client().get(frame(study, {**WORDS, **changes}))

    assert response.status_code == 400
    assert "evil" not in response.content.decode()
    assert not Session.objects.exists()


def test_frame_without_its_link_says_so(recruiting):
    study = recruiting(on_mturk())
    client = Client()
    client.cookies[entry_cookie(study, page="frame")] = "forged"

    assert client.get(f"/p/{study.id}/frame/").status_code == 400


def test_other_studies_have_no_frame(recruiting):
    for study in (made_up.study(), recruiting(on_prolific())):
        assert Client().get(frame(study)).status_code == 404
