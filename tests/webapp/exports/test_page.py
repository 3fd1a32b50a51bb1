"""The page on which researchers choose a file: it counts, downloads what it counted, and says what is wrong."""

import csv
import io
import re

import pytest
from django.core.management import call_command

from tests.webapp.test_doors import refused
from webapp.studies.models import Session

pytestmark = [pytest.mark.integration, pytest.mark.django_db]


def test_page_counts_and_downloads_what_it_counted(researcher, study):
    Session.objects.update(observer="=1+1")
    address = f"/studies/{study.id}/export/"
    chosen = {"file": "csv spreadsheet", "kind": "pilot", "until": "2026-03-01T12:02"}

    first = researcher.get(address).content.decode()
    counted = researcher.post(address, {**chosen, "count": "yes"}).content.decode()
    response = researcher.post(address, {**chosen, "download": "yes"})

    rows = list(csv.DictReader(io.StringIO(b"".join(response.streaming_content).decode())))
    assert re.search(r"<strong>8</strong> responses", first)
    assert re.search(r"<strong>2</strong> responses", counted)
    assert [(row["session_kind"], row["observer"]) for row in rows] == 2 * [("pilot", "'=1+1")]
    assert f'filename="{study.name}.csv"' in response.headers["Content-Disposition"]


def test_page_says_what_is_wrong_and_sends_nothing(researcher, study):
    late = {"since": "2026-03-01T12:02", "until": "2026-03-01T12:00"}
    wrong = [{"file": "xlsx"}, {"file": "csv", "kind": "ghost"}, {"file": "csv", **late}, {"file": "csv", "since": "soon"}, {}]

    for chosen in wrong:
        response = researcher.post(f"/studies/{study.id}/export/", {**chosen, "download": "yes"})
        assert not response.streaming
        assert "errorlist" in response.content.decode(), chosen


def test_page_that_a_link_opens_with_some_filters_has_a_file_already(researcher, study):
    page = researcher.get(f"/studies/{study.id}/export/?kind=pilot").content.decode()

    assert "errorlist" not in page
    assert re.search(r"<strong>\d+</strong> response", page)


def test_page_is_linked_from_the_study(researcher, study):
    assert f"/studies/{study.id}/export/" in researcher.get(f"/admin/studies/study/{study.id}/change/").content.decode()


def test_file_whose_name_says_a_format_that_is_not_written_needs_the_format(study, tmp_path, capsys):
    words = ["export_responses", "--study", study.name, "--out", str(tmp_path / "a.xlsx")]

    said = refused(capsys, *words)
    call_command(*words, "--format", "csv")

    assert said.startswith("out: a.xlsx says no format that is written. Name a file that ends in .csv, ")
    assert (tmp_path / "a.xlsx").exists()
