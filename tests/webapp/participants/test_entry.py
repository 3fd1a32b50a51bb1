"""How participants enter: links of recruiters, forged and malformed ones, experts, pilots, languages, races."""

import gc
import json
import threading
from typing import Any
from urllib.parse import urlencode

import pytest
from django.apps import apps
from django.core import serializers
from django.db import connection, connections
from django.test import Client

from tests.services.recruiters.prolific import STUDY_ID, prolific_id
from tests.webapp import made_up
from tests.webapp.participants.conftest import CODES, on_prolific
from webapp.participants.models import Participant, Submission
from webapp.studies.models import Session, Study
from webapp.studies.participant.visits import entry_cookie
from webapp.studies.services.session import NotOpenError

pytestmark = [pytest.mark.integration, pytest.mark.django_db]


def link(study: Study, number: int = 1, **changes: str) -> str:
    words = {"PROLIFIC_PID": prolific_id(number), "STUDY_ID": STUDY_ID, "SESSION_ID": prolific_id(number, "b"), **changes}
    return f"/p/{study.id}/?{urlencode(words)}"


def stored() -> str:
    """All that the participants' and studies' tables hold."""
    models = [model for app in ("participants", "studies") for model in apps.get_app_config(app).get_models()]
    return json.dumps([serializers.serialize("json", model.objects.order_by("pk")) for model in models])


def enter(study: Study, address: str, **form: str) -> tuple[Client, Any]:
    client = Client()
    client.get(address, follow=True)
    return client, client.post(f"/p/{study.id}/", made_up.agreed(study, **form))


def test_recruiters_ids_leave_the_address_at_once_and_come_to_rest_in_one_table(recruiting):
    study = recruiting(on_prolific())
    client = Client()

    arrived = client.get(link(study))
    page = client.get(arrived.headers["Location"])
    agreed = client.post(f"/p/{study.id}/", {"consent": page.context["shown"]})

    submission = Submission.objects.get()
    session = Session.objects.get()
    assert (arrived.status_code, arrived.headers["Location"]) == (303, f"/p/{study.id}/")
    assert prolific_id(1) not in page.content.decode()
    assert agreed.headers["Location"] == f"/p/{study.id}/run/"
    assert (submission.external_participant_id, submission.external_id) == (prolific_id(1), prolific_id(1, "b"))
    assert session.kind == "live"
    assert stored().count(prolific_id(1)) == 1
    assert client.cookies[entry_cookie(study)].value == ""


def test_entry_cookie_cannot_be_read_by_scripts_and_stays_below_the_study(recruiting):
    study = recruiting(on_prolific())
    client = Client()

    client.get(link(study))

    cookie = client.cookies[entry_cookie(study)]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", f"/p/{study.id}/")


@pytest.mark.parametrize(
    "words",
    [
        {},
        {"PROLIFIC_PID": prolific_id(1)},
        {"PROLIFIC_PID": "x", "STUDY_ID": STUDY_ID, "SESSION_ID": prolific_id(1, "b")},
        {"PROLIFIC_PID": prolific_id(1), "STUDY_ID": prolific_id(9, "5"), "SESSION_ID": prolific_id(1, "b")},
        {"PROLIFIC_PID": "' OR 1=1 --", "STUDY_ID": STUDY_ID, "SESSION_ID": prolific_id(1, "b")},
        {"workerId": "AWORKER", "assignmentId": "A", "hitId": "H"},
        {"participant": "anna"},
        {"kind": "admin"},
        {"kind": "pilot"},
        {"pilot": "forged"},
        {"cohort": "forged"},
        {"cohort": "expert"},
        {"language": "xx"},
        {"who": "knows"},
    ],
)
@pytest.mark.parametrize("language", ["en", "de"])
def test_link_that_does_not_fit_gets_a_message_and_stores_nothing(recruiting, words, language):
    study = recruiting(on_prolific(), languages=["en", "de"])
    before = stored()

    response = Client().get(f"/p/{study.id}/?{urlencode(words)}", headers={"Accept-Language": language})

    page = response.content.decode()
    assert response.status_code == 400
    assert ("Sorry" in page, "Das geht leider nicht" in page) == (language == "en", language == "de")
    assert stored() == before


def test_parameter_given_twice_is_refused(recruiting):
    study = recruiting(on_prolific())

    assert Client().get(f"{link(study)}&PROLIFIC_PID={prolific_id(2)}").status_code == 400


@pytest.mark.parametrize("tracker", ["utm_source=mail", "fbclid=abc", "gclid=1"])
def test_what_web_sites_add_to_links_does_no_harm(tracker):
    study = made_up.study()

    assert Client().get(f"/p/{study.id}/?{tracker}").status_code == 200


def test_agreeing_without_the_recruiters_word_stores_nothing(recruiting):
    study = recruiting(on_prolific())
    before = stored()

    response = Client().post(f"/p/{study.id}/", made_up.agreed(study, participant=prolific_id(1), PROLIFIC_PID=prolific_id(1)))

    assert response.status_code == 400
    assert stored() == before


def test_forged_entry_cookie_is_worth_nothing(recruiting):
    study, other = recruiting(on_prolific()), made_up.study()
    client = Client()
    client.get(f"/p/{other.id}/?participant={prolific_id(1)}")
    client.cookies[entry_cookie(study)] = client.cookies[entry_cookie(other)].value

    assert client.get(f"/p/{study.id}/").status_code == 400


def test_same_person_goes_on_and_another_begins_in_the_same_browser(recruiting):
    study = recruiting(on_prolific())
    client, _ = enter(study, link(study, 1))

    same = client.get(link(study, 1), follow=True)
    other = client.get(link(study, 2), follow=True)
    client.post(f"/p/{study.id}/", made_up.agreed(study))

    assert same.redirect_chain[-1][0] == f"/p/{study.id}/run/"
    assert 'data-screen="consent"' in other.content.decode()
    assert Session.objects.count() == 2


def test_who_has_finished_is_told_so_and_keeps_the_submission(recruiting):
    study = recruiting(on_prolific())
    enter(study, link(study, 1))
    Session.objects.update(state=Session.State.FINISHED)

    _, again = enter(study, link(study, 1, SESSION_ID=prolific_id(7, "b")))

    assert again.status_code == 409
    assert Submission.objects.get().external_id == prolific_id(1, "b")


def test_closed_study_lets_those_finish_who_have_begun_and_nobody_begin(recruiting):
    study = recruiting(on_prolific())
    enter(study, link(study, 1))
    Study.objects.update(state=Study.State.CLOSED)

    _, begun = enter(study, link(study, 1))
    _, stranger = enter(study, link(study, 2))

    assert (begun.status_code, stranger.status_code) == (302, 404)
    assert Session.objects.count() == 1


def test_refused_start_leaves_nothing_of_the_person(recruiting):
    study = recruiting(on_prolific())
    client = Client()
    client.get(link(study), follow=True)
    study.conditions.update(is_paused=True)
    before = stored()

    response = client.post(f"/p/{study.id}/", made_up.agreed(study))

    assert response.status_code == 400
    assert stored() == before


def test_declining_stores_nothing_and_leads_back_with_the_code_for_it(recruiting):
    study = recruiting(on_prolific())
    client = Client()
    page = client.get(link(study), follow=True)
    before = stored()

    declined = client.get(page.context["decline"])

    assert f"https://app.prolific.com/submissions/complete?cc={CODES['no_consent']}" in declined.content.decode()
    assert client.cookies[entry_cookie(study)].value == ""
    assert stored() == before


def test_declining_gives_no_code_to_strangers_or_where_there_is_none(recruiting):
    study = recruiting(on_prolific())
    codeless = recruiting(on_prolific(completion_codes={}))
    client = Client()
    client.get(link(codeless))

    for response in (Client().get(f"/p/{study.id}/decline"), client.get(f"/p/{codeless.id}/decline")):
        assert response.status_code == 200
        assert "complete?cc=" not in response.content.decode()


@pytest.mark.django_db(transaction=True)
def test_fifty_starts_at_once_are_one_participation(recruiting):
    if connection.vendor == "sqlite":
        pytest.skip("threads cannot share the test's SQLite; this needs PostgreSQL")
    study = recruiting(on_prolific())
    client = Client()
    client.get(link(study))
    cookie = client.cookies[entry_cookie(study)].value
    together = threading.Barrier(50)
    answers: list[int] = []

    def start() -> None:
        browser = Client()
        browser.cookies[entry_cookie(study)] = cookie
        together.wait()
        answers.append(browser.post(f"/p/{study.id}/", made_up.agreed(study)).status_code)
        connections.close_all()

    threads = [threading.Thread(target=start) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert answers == [302] * 50
    assert (Participant.objects.count(), Session.objects.count(), Submission.objects.count()) == (1, 1, 1)


def test_refused_visit_leaves_nothing_behind():
    study = made_up.study()
    Study.objects.filter(id=study.id).update(state="closed")

    answers = [Client().get(f"/p/{study.id}/") for _ in range(2)]
    gc.collect()

    # An exception that somebody keeps would keep the frames in which it was raised, and the requests in them.
    assert [answer.status_code for answer in answers] == [404, 404]
    assert [one for one in gc.get_objects() if type(one) is NotOpenError] == []
