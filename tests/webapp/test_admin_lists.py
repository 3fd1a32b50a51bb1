"""The admin's lists and pages of studies: as many queries for many rows as for one, and every list shows what was imported."""

from pathlib import Path

import pytest
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.webapp import made_up, progress, published_tables
from webapp.studies.imports.mapping import ImportMapping
from webapp.studies.imports.services import study_import
from webapp.studies.models import Response, Study

pytestmark = [pytest.mark.integration, pytest.mark.django_db]
LISTS = {
    model._meta.model_name: f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"
    for model in admin.site._registry
    if model._meta.app_label in ("studies", "stimuli", "participants")
}


def queries(client: Client, address: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


def asked(client: Client, study: Study) -> dict[str, int]:
    """How many queries each list takes, and the pages of a study."""
    pages = {name: reverse(view) for name, view in LISTS.items()}
    pages["page"] = reverse("admin:studies_study_change", args=[study.id])
    pages["rest"] = reverse("api:study", args=[study.id])
    return {name: queries(client, address) for name, address in pages.items()}


def test_many_rows_take_as_many_queries_as_few(researcher: Client) -> None:
    progress.finished(made_up.study(units=made_up.UNITS[:1]))
    small = made_up.study(units=made_up.UNITS[:1])
    progress.finished(small)
    asked(researcher, small)
    few = asked(researcher, small)

    large = made_up.study()
    progress.finished(large)
    progress.finished(large)
    many = asked(researcher, large)

    assert large.artifacts.count() > small.artifacts.count()
    assert many == few


def test_every_list_shows_an_imported_study_without_times(researcher: Client, tmp_path: Path) -> None:
    rows = published_tables.scale_released(participants=1)
    rows[0]["rt"] = ""
    table = tmp_path / "published.csv"
    table.write_text(published_tables.as_csv(rows))
    study_import(table, mapping=ImportMapping.load("zimmermann2023_released"), name="published", report=lambda _: None)

    statuses = {name: researcher.get(reverse(view)).status_code for name, view in LISTS.items()}

    assert Response.objects.filter(rt=None).count() == 1
    assert set(statuses.values()) == {200}
