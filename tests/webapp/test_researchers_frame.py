"""What stands around researchers' pages: tables that scroll by themselves, the menu of the person, the front doors."""

import html
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from tests.webapp import made_up
from webapp.studies.models import Study

TEMPLATES = sorted(Path(settings.TEMPLATES[0]["DIRS"][0]).rglob("*.html"))


@pytest.mark.unit
@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_tables_of_numbers_scroll_by_themselves(template: Path):
    written = template.read_text()

    tables = len(re.findall(r'<table class="results', written))

    assert (
        len(re.findall(r'<div class="wide" tabindex="0" role="region" aria-label="[^>]+"><table class="results', written))
        == tables
    )


@pytest.mark.integration
@pytest.mark.django_db
@pytest.mark.parametrize("name", ["results", "operations", "export", "quality"])
def test_page_of_a_study_has_the_menu_and_the_theme(researcher: Client, name: str):
    page = researcher.get(f"/studies/{made_up.study().id}/{name}/").content.decode()

    assert 'id="user-tools"' in page
    assert "theme-toggle" in page
    assert "Log out" in page


@pytest.mark.integration
@pytest.mark.django_db
@pytest.mark.parametrize(("door", "place"), [("/", "/admin/"), ("/runs/", "/admin/runs/trainingrun/")])
def test_front_door_leads_staff_to_the_admin_and_others_to_its_login(researcher: Client, door: str, place: str):
    assert researcher.get(door).headers["Location"] == place
    assert Client().get(door).headers["Location"] == f"/admin/login/?next={door}"


@pytest.mark.integration
@pytest.mark.django_db
def test_page_of_a_study_leads_to_its_units_as_it_shows_them(researcher: Client):
    study = made_up.study()
    Study.objects.filter(id=study.id).update(
        settings={**study.settings, "pool": "photographs+stamps", "pool_size": 900}, languages=["en", "de"]
    )

    page = researcher.get(f"/admin/studies/study/{study.id}/change/").content.decode()
    (link,) = re.findall(rf'href="([^"]+)">{re.escape(made_up.UNITS[0])}<', page)
    form = researcher.get(html.unescape(link)).context["form"]

    assert (form["pool"].value(), form["pool_size"].value()) == ("photographs+stamps", "900")
    assert "en, de" in page
    assert "_addanother" not in page


@pytest.mark.integration
@pytest.mark.django_db
@pytest.mark.parametrize(
    ("query", "group"), [("?kind=bot", "simulated"), ("?kind=live", "people"), ("?kind=x&group=experts", "experts")]
)
def test_groups_are_also_found_by_the_kind_of_session(researcher, query, group):
    page = researcher.get(f"/studies/{made_up.study().id}/operations/{query}").content.decode()

    assert f'<strong aria-current="page">{group}</strong>' in page
