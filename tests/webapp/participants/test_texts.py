"""What is said to participants: complete in both languages, and consent texts that go together."""

import ast
from pathlib import Path

import pytest

from experiments.contract.errors import InputError
from webapp.participants.consent import DEFAULTS, EARLIER, VERSION, consent_in, default_consent
from webapp.participants.models import ConsentText
from webapp.participants.texts import ENGLISH, GERMAN, GERMAN_ERRORS, TEXTS, Texts, direction, language_name, said, texts

ROOT = Path(__file__).resolve().parents[3] / "webapp"
RAISING = (
    "studies/participant/visits.py",
    "studies/participant/entry.py",
    "studies/participant/links.py",
    "studies/services/entry.py",
    "studies/assignment.py",
    "participants/services.py",
    "participants/recruiters/base.py",
)


@pytest.mark.unit
def test_both_languages_say_the_same_things():
    assert set(ENGLISH) == set(GERMAN) == set(Texts.__annotations__)
    assert all(GERMAN[key] != ENGLISH[key] and GERMAN[key] for key in ENGLISH)


@pytest.mark.unit
@pytest.mark.parametrize("path", RAISING)
def test_every_error_that_a_participant_can_meet_has_its_german(path):
    raised = {
        keyword.value.value
        for node in ast.walk(ast.parse((ROOT / path).read_text()))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("InputError", "require", "damaged")
        for keyword in [*node.keywords, *(ast.keyword(arg="message", value=word) for word in node.args[2:])]
        if keyword.arg in ("message", "remedy") and isinstance(keyword.value, ast.Constant)
    }

    assert raised - set(GERMAN_ERRORS) == set()


@pytest.mark.unit
def test_error_is_said_in_german_where_known_and_in_english_elsewhere():
    error = InputError(field="study", message="this study is not open", remedy="Come back later")

    assert said(error, "de") == ["Das geht leider nicht: diese Studie ist nicht offen.", "Kommen Sie später wieder."]
    assert said(error, "fr") == ["Sorry: this study is not open.", "Come back later."]


@pytest.mark.unit
@pytest.mark.parametrize(("language", "written"), [("en", "ltr"), ("de", "ltr"), ("ar", "rtl"), ("he", "rtl"), ("xx", "ltr")])
def test_direction_follows_the_language(language, written):
    assert direction(language) == written


@pytest.mark.unit
def test_language_calls_itself():
    assert [language_name(code) for code in ("de", "xx")] == ["Deutsch", "xx"]
    assert texts("xx") == ENGLISH
    assert set(TEXTS) == set(DEFAULTS)


@pytest.mark.integration
@pytest.mark.django_db
def test_default_consent_is_written_in_all_its_languages_once():
    first, second = default_consent(), default_consent()

    assert first == second
    assert first.language == "en"
    assert set(ConsentText.objects.values_list("version", "language")) == {(VERSION, "en"), (VERSION, "de")}
    assert consent_in(first, ["de", "en"]).language == "de"
    assert consent_in(first, ["fr"]) == first


@pytest.mark.integration
@pytest.mark.django_db
@pytest.mark.parametrize("version", EARLIER)
def test_new_study_does_not_begin_with_an_earlier_text_of_ours(version: str):
    ConsentText.objects.create(version=version, language="en", title="Earlier", body="Text")

    assert default_consent().version == VERSION


@pytest.mark.integration
@pytest.mark.django_db
def test_laboratorys_own_consent_is_preferred():
    default_consent()
    own = ConsentText.objects.create(version="ours", language="en", title="Ours", body="Text")

    assert default_consent() == own
    assert consent_in(own, ["de"]) == own
