"""The doors to an erasure: the public page with its code, the command, the admin."""

from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client

from tests.webapp import made_up, progress
from tests.webapp.test_participant_api import post
from tests.webapp.traces import PERSON, dump, found, paid_study, took_part
from webapp.participants.erasure_texts import ENGLISH, GERMAN, ErasureTexts
from webapp.participants.models import Consent, Participant, Recruitment, Submission
from webapp.studies.models import Session, Study, Trial
from webapp.studies.services.withdrawal import session_withdraw

pytestmark = [pytest.mark.integration, pytest.mark.django_db]


def test_code_shows_then_erases_then_is_unknown(client):
    study = paid_study()
    code = session_withdraw(took_part(study), token="secret")
    typed = f" {code.lower().replace('-', ' ')} "

    shown = client.post("/erase/", {"code": typed})
    assert "the trials that you were shown (their number: 7)" in shown.content.decode()
    assert study.title in shown.content.decode()
    assert Session.objects.count() == 1

    erased = client.post("/erase/", {"code": typed, "confirm": "yes"})
    again = client.post("/erase/", {"code": typed, "confirm": "yes"})

    assert "Your answers are erased" in erased.content.decode()
    assert (again.status_code, Session.objects.count()) == (404, 0)


def test_code_from_the_thank_you_page_erases_what_was_answered(browser, client):
    browsing, session = browser(made_up.study())
    progress.answer_plan(progress.to_main(session))
    code = post(browsing, session, "finish").json()["erasure_code"]

    client.post("/erase/", {"code": code, "confirm": "yes"})

    assert not Session.objects.exists()
    assert not Trial.objects.exists()
    assert not Participant.objects.exists()
    assert browsing.get(f"/p/{session.study_id}/session").status_code == 401


@pytest.mark.parametrize("code", ["", " ", "-", "0189", "AAAAA-AAAAA-AAAAA-AAAAA", "x" * 5000, "ä\0€", "'; DROP TABLE"])
def test_wrong_code_erases_nothing(client, code):
    made_up.session(made_up.study())

    assert client.post("/erase/", {"code": code, "confirm": "yes"}).status_code == 404
    assert Session.objects.count() == 1


def test_page_warns_whoever_has_not_been_paid(client):
    codes = [session_withdraw(took_part(paid_study(), payment=state), token=state) for state in ("planned", "paid")]

    pages = [client.post("/erase/", {"code": code}).content.decode() for code in codes]

    assert ["we cannot pay you any more" in page for page in pages] == [True, False]


def test_page_says_of_whom_it_keeps_the_answers(client):
    code = session_withdraw(took_part(paid_study(erasure=Study.Erasure.ANONYMIZE)), token="secret")

    shown, erased = (client.post("/erase/", {"code": code, **more}).content.decode() for more in ({}, {"confirm": "yes"}))

    assert "Your answers stay in the study (their number: 7)" in shown
    assert "nothing leads from them to you any more" in erased


def test_page_speaks_german_to_those_who_ask_for_it(client):
    code = session_withdraw(took_part(paid_study()), token="secret")
    pages = [
        client.get("/erase/", headers={"accept-language": "de-AT,en;q=0.5"}),
        client.post("/erase/", {"code": "wrong"}, headers={"accept-language": "de"}),
        client.post("/erase/", {"code": code}, headers={"accept-language": "de"}),
        client.post("/erase/", {"code": code, "confirm": "yes"}, headers={"accept-language": "de"}),
    ]

    assert all('lang="de"' in page.content.decode() for page in pages)
    assert ["lösch" in page.content.decode().lower() for page in pages] == [True] * 4
    assert set(GERMAN) == set(ENGLISH) == set(ErasureTexts.__annotations__)
    assert all(GERMAN[key].count("{}") == ENGLISH[key].count("{}") and GERMAN[key] != ENGLISH[key] for key in ENGLISH)


def test_page_asks_for_a_code_and_the_forms_for_their_token(client):
    assert client.get("/erase/").status_code == 200
    assert Client(enforce_csrf_checks=True).post("/erase/", {"code": "x"}).status_code == 403
    assert client.put("/erase/").status_code == 405


def erase(*words: str) -> str:
    out = StringIO()
    call_command("participant_erase", *words, stdout=out)
    return out.getvalue()


def test_command_erases_a_person_by_the_recruiters_id():
    study, other_study = paid_study(), paid_study()
    took_part(study), took_part(other_study)
    other = took_part(study, external_id="somebody-else")

    dry = erase("--external-id", PERSON, "--dry-run")
    assert Session.objects.count() == 3
    done = erase("--external-id", PERSON)

    assert dry.splitlines()[1:] == done.splitlines()[1:]
    assert "  sessions: 2" in done.splitlines()
    assert list(Session.objects.all()) == [other]
    assert not Submission.objects.filter(external_participant_id=PERSON).exists()


def test_command_erases_one_session():
    sessions = [took_part(paid_study()), took_part(paid_study())]

    erase("--session", str(sessions[0].id))

    assert list(Session.objects.all()) == [sessions[1]]


def test_command_erases_a_person_for_whom_there_was_no_place():
    study = made_up.study()
    made_up.participant_enter(external_id=PERSON, kind="live", consent=study.consent)

    assert "  consents: 1" in erase("--external-id", PERSON).splitlines()
    assert not Participant.objects.exists()
    assert not Consent.objects.exists()


def test_command_erases_whom_a_recruiter_knows_by_that_id():
    study = paid_study()
    Recruitment.objects.update(recruiter="prolific")
    session = took_part(study)
    Submission.objects.update(external_participant_id="prolific-id")

    with pytest.raises(SystemExit):
        erase("--external-id", "prolific-id")
    assert Session.objects.filter(id=session.id).exists()
    erase("--external-id", "prolific-id", "--recruiter", "prolific")

    assert not Session.objects.filter(id=session.id).exists()


@pytest.mark.parametrize(
    ("words", "field"),
    [
        (("--external-id", "nobody"), "external-id"),
        (("--external-id", ""), "external-id"),
        (("--external-id", PERSON, "--recruiter", "prolific"), "external-id"),
        (("--external-id", PERSON, "--recruiter", "horoscope"), "recruiter"),
        (("--session", "00000000-0000-4000-8000-000000000000"), "session"),
    ],
)
def test_command_says_what_is_unknown_and_erases_nobody(words, field, capsys):
    took_part(paid_study())

    with pytest.raises(SystemExit) as ended:
        erase(*words)

    assert ended.value.code == 2
    assert capsys.readouterr().err.startswith(f"{field}: ")
    assert Session.objects.count() == 1


def test_admin_shows_then_erases():
    session = took_part(paid_study())
    client = Client()
    client.force_login(User.objects.create_superuser("researcher"))
    form = {"action": "erase", "_selected_action": [str(session.id)]}

    shown = client.post("/admin/studies/session/", form)
    assert "7 answers" in shown.content.decode()
    assert Session.objects.count() == 1
    client.post("/admin/studies/session/", {**form, "confirm": "1"})

    assert not Session.objects.exists()
    assert found([PERSON, str(session.id), session.id.hex], dump()) == []


def test_admin_erases_all_that_are_listed_and_nothing_if_others_came_meanwhile():
    study = paid_study()
    shown = [took_part(study, external_id=f"somebody{number}") for number in range(3)]
    client = Client()
    client.force_login(User.objects.create_superuser("researcher"))
    form = {"action": "erase", "_selected_action": [str(shown[0].id)], "select_across": "1"}

    page = client.post("/admin/studies/session/", form).content.decode()
    took_part(study, external_id="somebody-else")
    client.post("/admin/studies/session/", {**form, "confirm": "3"})
    kept = Session.objects.count()
    client.post("/admin/studies/session/", {**form, "confirm": "4"})

    assert "Erase 3 sessions?" in page
    assert '<input type="hidden" name="select_across" value="1">' in page
    assert (kept, Session.objects.count()) == (4, 0)


def test_admin_erases_only_for_those_who_may():
    session = took_part(paid_study())
    watcher = User.objects.create_user("watcher", is_staff=True)
    watcher.user_permissions.add(*_permissions("view_session", "change_study"))
    client = Client()
    client.force_login(watcher)

    client.post("/admin/studies/session/", {"action": "erase", "_selected_action": [str(session.id)], "confirm": "1"})

    assert Session.objects.count() == 1


def _permissions(*names: str) -> Any:
    return User._meta.get_field("user_permissions").related_model.objects.filter(codename__in=names)
