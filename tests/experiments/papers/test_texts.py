"""The texts of all designs in all languages."""

import json
from dataclasses import asdict
from pathlib import Path
from string import Formatter
from typing import Any, get_args

import pytest

from experiments import papers, registry
from experiments.contract.designs import LANGUAGES, TrialKind
from experiments.contract.errors import InputError
from experiments.contract.texts import DECIMAL_MARKS
from experiments.papers.borowski2021_exemplary.schedule import TRIAL_CONDITIONS
from tests.experiments.papers.planned import CONDITIONS, LABORATORY, SCALE, SLUGS

pytestmark = pytest.mark.unit


def stored(slug: str, language: str) -> dict[str, str]:
    return json.loads((Path(papers.__path__[0]) / slug / "texts" / f"{language}.json").read_text(encoding="utf-8"))


def placeholders(text: str) -> list[str]:
    return sorted(name for _, name, _, _ in Formatter().parse(text) if name is not None)


def said(slug: str, condition: str, language: str, **settings: Any) -> str:
    """All that a participant of a condition may read."""
    design = registry.design(slug)
    about = {"settings": design.Settings(**settings), "language": language}
    of_trials = TRIAL_CONDITIONS.get(condition, ())
    parts: list[Any] = [asdict(page) for page in design.instructions(condition=condition, **about)]
    for name in (condition, *of_trials):
        parts.append(asdict(design.presentation(condition=name, **about)))
    kinds = [kind for kind in get_args(TrialKind) if kind != "example"]
    pages = [design.block_page(condition=name, kind=kind, **about) for name in of_trials for kind in kinds]
    return json.dumps([*parts, *(asdict(page) for page in pages if page)], ensure_ascii=False)


@pytest.mark.parametrize("slug", SLUGS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_languages_have_the_same_texts_with_the_same_placeholders(slug: str, language: str):
    english, other = stored(slug, "en"), stored(slug, language)

    assert list(other) == list(english)
    assert {name: placeholders(text) for name, text in other.items()} == {
        name: placeholders(text) for name, text in english.items()
    }
    assert all(text.strip() == text and text for text in other.values())


@pytest.mark.parametrize("slug", SLUGS)
def test_texts_are_translated(slug: str):
    assert [name for name, text in stored(slug, "de").items() if text == stored(slug, "en")[name]] == []


@pytest.mark.parametrize("slug", SLUGS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_shown_to_somebody(slug: str, language: str):
    read = "".join(said(slug, condition, language) for of, condition in CONDITIONS if of == slug)

    unread = [
        name
        for name, text in stored(slug, language).items()
        if json.dumps(text.partition("{")[0], ensure_ascii=False)[1:-1] not in read
    ]
    assert unread == []
    assert "{" not in read.replace('{"', "").replace("{}", "")


@pytest.mark.parametrize(("slug", "condition"), CONDITIONS)
def test_an_unknown_language_is_refused_with_the_known_ones(slug: str, condition: str):
    design = registry.design(slug)
    about: dict[str, Any] = {"condition": condition, "settings": design.Settings(), "language": "xx"}

    for say in (design.instructions, design.presentation):
        with pytest.raises(InputError) as raised:
            say(**about)
        assert raised.value.field == "language"
        assert "de (Deutsch)" in raised.value.remedy


def test_numbers_are_written_as_in_the_language():
    assert set(DECIMAL_MARKS) == set(LANGUAGES)
    assert "after 1.5 seconds" in said(SCALE, "natural", "en")
    assert "nach 1,5 Sekunden" in said(SCALE, "natural", "de")


def test_buttons_that_are_never_locked_are_not_spoken_of():
    assert "seconds" not in said(SCALE, "natural", "en", answer_lock=0)


@pytest.mark.parametrize("slug", [slug for slug in SLUGS if slug != LABORATORY])
def test_practice_that_does_not_come_is_not_spoken_of(slug: str):
    assert "Practice" in said(slug, "natural", "en")
    assert "Practice" not in said(slug, "natural", "en", practice_obvious=0, practice_other=0)


def test_a_block_says_what_it_shows():
    design = registry.design(LABORATORY)

    def page(condition: str) -> str:
        shown = design.block_page(condition=condition, kind="main", settings=design.Settings(), language="en")
        return " ".join(shown.paragraphs) if shown else ""

    assert "no examples" in page("none")
    assert "nine examples on each side" in page("natural")
    assert "artificial images" in page("synthetic_max_1")
    assert "one example on the right" in page("synthetic_max_1")
