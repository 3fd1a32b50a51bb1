"""In which language a participant is received, and how pages are written from right to left."""

import pytest
from django.test import Client

from tests.webapp import made_up
from webapp.participants.models import ConsentText, Participant
from webapp.studies.models import Session, Study

pytestmark = [pytest.mark.integration, pytest.mark.django_db]


@pytest.mark.parametrize(
    ("accepted", "query", "chosen"),
    [
        ("", "", "en"),
        ("de", "", "de"),
        ("de-AT,de;q=0.9,en;q=0.8", "", "de"),
        ("fr,de;q=0.5", "", "de"),
        ("fr", "", "en"),
        ("de", "language=en", "en"),
        ("nonsense;;q=x", "language=de", "de"),
    ],
)
def test_language_is_chosen(accepted, query, chosen):
    study = made_up.study()
    Study.objects.filter(id=study.id).update(languages=["en", "de"])
    client = Client(headers={"Accept-Language": accepted})

    page = client.get(f"/p/{study.id}/?{query}")
    client.post(f"/p/{study.id}/", made_up.agreed(study, participant="anna", language=page.context["language"]))
    run = client.get(f"/p/{study.id}/run/")

    body = page.content.decode()
    assert f'<html lang="{chosen}" dir="ltr">' in body
    assert ("Ich stimme zu" in body, "I agree" in body) == (chosen == "de", chosen == "en")
    assert ("Teilnahme an dieser Studie" in body) == (chosen == "de")
    assert Session.objects.get().language == chosen
    assert Participant.objects.get().consents.get().text.language == chosen
    assert f'<html lang="{chosen}" dir="ltr">' in run.content.decode()


def test_consent_that_is_missing_in_a_language_falls_back_with_a_note():
    study = made_up.study()
    Study.objects.filter(id=study.id).update(languages=["en", "ar"])

    body = Client().get(f"/p/{study.id}/?language=ar").content.decode()

    assert '<html lang="ar" dir="rtl">' in body
    assert 'lang="en" dir="ltr"' in body
    assert "not available in the language" in body


def test_consent_in_another_script_is_shown_in_its_direction():
    study = made_up.study()
    Study.objects.filter(id=study.id).update(languages=["en", "ar"])
    ConsentText.objects.create(version=study.consent.version, language="ar", title="المشاركة", body="نص")

    body = Client().get(f"/p/{study.id}/?language=ar").content.decode()

    assert 'lang="ar" dir="rtl"' in body
    assert "المشاركة" in body
    assert "not available" not in body
