"""Consent: which words somebody agreed to is on record; of those who did not agree, nothing is."""

import hashlib

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.webapp import made_up
from tests.webapp.traces import PERSON, dump
from webapp.participants.consent import default_consent
from webapp.participants.models import Consent, ConsentText, Participant
from webapp.participants.services import participant_enter

pytestmark = [pytest.mark.integration, pytest.mark.django_db]


def test_words_that_were_agreed_to_stay_on_record():
    text = ConsentText.objects.create(version="1", language="de", title="Teilnahme", body="Alles ist freiwillig.")
    participant_enter(external_id=PERSON, kind="live", consent=text)
    ConsentText.objects.update(body="Alles ist Pflicht.")
    text.refresh_from_db()

    (consent,) = Consent.objects.all()

    assert consent.text_sha256 == hashlib.sha256(b"Teilnahme\nAlles ist freiwillig.").hexdigest()
    assert consent.text_sha256 != text.sha256


def test_each_text_is_agreed_to_once_and_a_new_version_again():
    first = default_consent()
    second = ConsentText.objects.create(version="2", title=first.title, body=first.body + "\n\nMore.")
    for text in (first, first, second):
        participant_enter(external_id=PERSON, kind="live", consent=text)

    assert sorted(Consent.objects.values_list("text__version", flat=True)) == sorted([first.version, "2"])
    assert len(set(Consent.objects.values_list("text_sha256", flat=True))) == 2


@pytest.mark.parametrize("query", ["", f"?participant={PERSON}", f"?participant={PERSON}&kind=preview", "?kind=nonsense"])
def test_whoever_only_looks_leaves_nothing(client, query):
    study = made_up.study()
    before = dump()

    client.get(f"/p/{study.id}/{query}", follow=True)

    assert dump() == before


def test_admin_shows_who_agreed_to_what_and_when():
    session, _ = made_up.session(made_up.study())
    consent = session.participant.consents.get()
    client = Client()
    client.force_login(User.objects.create_superuser("researcher"))

    pages = [
        client.get(f"/admin/{page}/change/").content.decode()
        for page in (f"studies/session/{session.id}", f"participants/participant/{session.participant_id}")
    ]
    texts = client.get("/admin/participants/consenttext/").content.decode()

    assert all(consent.text_sha256 in page and consent.text.version in page for page in pages)
    assert consent.text.sha256 in texts


def test_text_in_use_is_not_deleted_and_names_no_study_that_uses_it(researcher):
    study = made_up.study()
    chosen = {"action": "delete_selected", "_selected_action": [str(study.consent_id)]}

    one = researcher.get(f"/admin/participants/consenttext/{study.consent_id}/delete/")
    several = researcher.post("/admin/participants/consenttext/", chosen, follow=True)

    assert one.status_code == 403
    assert study.title not in several.content.decode()
    assert ConsentText.objects.filter(id=study.consent_id).exists()


def test_consent_to_a_text_that_nobody_was_shown_is_none_and_the_text_is_shown() -> None:
    study = made_up.study()
    form = made_up.agreed(study, participant="anna")

    page = Client().post(f"/p/{study.id}/", {**form, "consent": ""})

    assert (page.status_code, page.context["shown"]) == (400, form["consent"])
    assert "did not say which text it showed" in page.content.decode()
    assert not Participant.objects.exists()
