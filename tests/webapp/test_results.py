"""The result page: what it shows of an analysis, what it leaves to downloads, and results of earlier versions."""

import csv
import io
import json
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from experiments.contract.artifacts import ArtifactStore, NewFile, Product
from experiments.contract.recipes import Analysis
from tests.webapp import made_up
from tests.webapp.traces import analyzed, paid_study, took_part
from webapp.stimuli.models import Job
from webapp.stimuli.selectors import store
from webapp.stimuli.services import artifact_store, job_cancel
from webapp.studies.models import Session, Study, StudyResult
from webapp.studies.results.requests import has_news, results_request, study_result
from webapp.studies.results.shown import ROWS_SHOWN
from webapp.studies.services.quality import rule_set_create, study_judge
from webapp.studies.services.withdrawal import session_withdraw

pytestmark = [pytest.mark.integration, pytest.mark.django_db]
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"/>'


@pytest.fixture
def researcher() -> Client:
    client = Client()
    client.force_login(get_user_model().objects.create_superuser("researcher"))
    return client


def column(name: str) -> dict[str, str]:
    return {"name": name, "meaning": f"The {name}"}


def result(rows: int = 1) -> dict[str, Any]:
    """A result with a table of so many rows and a figure of it, as the analyses write them."""
    row = {"group": "people", "accuracy": 2 / 3, "p": 3.2e-7, "trials": 1200, "low": None, "unit": "<b>&"}
    table = {"name": "accuracy", "title": "Accuracy by <condition>", "about": "Main trials."}
    empty = {"name": "nothing", "title": "Nothing", "about": "None.", "columns": [column("group")], "rows": []}
    figure = {"name": "accuracy_people", "group": "people", "caption": "People: accuracy.", "tables": ["accuracy"]}
    claim = {"statement": "It helps", "reported": ".98 (unverified)", "value": "0.9", "holds": True}
    return {
        "groups": [{"name": "people", "title": "People", "sessions": 3}],
        "computed_from": {"responses": 7, "sessions_left_out": {"failed checks": 2, "unfinished": 1}},
        "tables": [{**table, "columns": [column(name) for name in row], "rows": [row] * rows}, empty],
        "figures": [figure],
        "claims": [claim],
    }


def with_result(body: dict[str, Any]) -> tuple[Study, str]:
    """A study with one finished session, analyzed; and the result's digest."""
    study = made_up.study()
    session, _ = made_up.session(study)
    Session.objects.filter(id=session.id).update(state=Session.State.FINISHED, finished_at=timezone.now())
    requested = results_request(study)
    assert requested is not None
    content = json.dumps(body).encode()
    files = [NewFile(name="result.json", content=content, media_type="application/json")]
    files += [
        NewFile(name=f"{table['name']}.csv", content=b"group\npeople\n", media_type="text/csv")
        for table in body.get("tables", ())
    ]
    files += [
        NewFile(name=f"{figure['name']}.svg", content=SVG, media_type="image/svg+xml") for figure in body.get("figures", ())
    ]
    recipe = Analysis(paper=study.paper, table=store().write_blob(b""))
    study.results.filter(digest=requested.digest).update(digest=recipe.digest)
    artifact_store(store().publish(recipe, Product(new_files=files), provenance={"made": "up"}).as_json())
    return study, recipe.digest


def page(researcher: Client, study: Study) -> str:
    answer = researcher.get(f"/studies/{study.id}/results/")
    assert answer.status_code == 200
    return answer.content.decode()


def test_page_shows_figures_tables_claims_and_what_was_left_out(researcher: Client):
    study, digest = with_result(result())

    shown = page(researcher, study)

    assert "Sessions left out: 2 failed checks, 1 unfinished." in shown
    assert "<h2>People (3 sessions)</h2>" in shown
    assert f'<img src="/api/v1/artifacts/{digest}/files/accuracy_people.svg" alt="People: accuracy."' in shown
    assert "<td>0.667</td><td>3.2e-07</td><td>1,200</td><td>–</td><td>&lt;b&gt;&amp;</td>" in shown
    assert '<th scope="col" title="The accuracy">accuracy</th>' in shown
    assert ".98 (unverified)" in shown


def test_table_of_each_figure_can_be_downloaded_beside_it(researcher: Client):
    study, digest = with_result(result())
    link = f"/api/v1/artifacts/{digest}/files/accuracy.csv"

    shown = page(researcher, study)
    figure = shown[shown.index("<figure") : shown.index("</figure>")]
    answer = researcher.get(link)

    assert f'<a href="{link}" download="accuracy.csv">Accuracy by &lt;condition&gt;</a>' in figure
    assert shown.count(f'href="{link}"') == 2
    assert (answer.content, answer["Content-Type"]) == (b"group\npeople\n", "text/csv")


def test_long_tables_show_their_first_rows(researcher: Client):
    study, _ = with_result(result(rows=ROWS_SHOWN + 5))

    shown = page(researcher, study)

    assert f"{ROWS_SHOWN + 5} rows, the first {ROWS_SHOWN} are shown" in shown
    assert shown.count("<td>3.2e-07</td>") == ROWS_SHOWN
    assert "It has no rows." in shown


def test_result_of_an_earlier_version_does_no_harm(researcher: Client):
    study, _ = with_result({"groups": [{"sessions_are": "people"}], "claims": [], "computed_from": {}})

    assert "made by an earlier version" in page(researcher, study)


def test_study_without_results_says_so(researcher: Client):
    assert "There is no result yet" in page(researcher, made_up.study())


def test_analysis_gets_the_sessions_that_do_not_count_too(browser: Callable[..., tuple[Client, Session]]):
    study = made_up.study()
    for kind in ("live", "preview"):
        client, session = browser(study, kind=kind)
        client.post(f"/p/{study.id}/instructions", {"duration": 5000}, content_type="application/json")
        trial = session.trials.filter(kind="practice").earliest("position")
        answer = client.put(f"/p/{study.id}/trials/{trial.id}/answer", made_up.answer(), content_type="application/json")
        assert answer.status_code == 200
        Session.objects.filter(id=session.id).update(state=Session.State.FINISHED, finished_at=timezone.now())

    results_request(study)

    recipe = Job.objects.get(kind="analysis").recipe
    table = csv.DictReader(io.StringIO(store().read_blob(recipe["table"]).decode()))
    assert sorted(row["session_kind"] for row in table) == ["live", "preview"]


def test_newer_result_replaces_the_older_one_with_its_table_once_it_is_there() -> None:
    study = paid_study()
    took_part(study)
    old = analyzed(study)
    took_part(study, external_id="somebody-else")
    requested = results_request(study)
    assert requested is not None
    before = store().manifest(old.digest)
    recipe = Analysis(paper=study.paper, table=Job.objects.get(digest=requested.digest).recipe["table"])

    artifact_store(store().publish(recipe, Product(new_files=[]), provenance={}).as_json())

    assert before is not None
    assert StudyResult.objects.get().digest == recipe.digest
    assert store().manifest(old.digest) is None
    assert store().tables(older_than=timedelta(0)) == {recipe.table}


def test_withdrawing_after_the_end_is_news_though_somebody_else_finished_meanwhile() -> None:
    study = paid_study()
    session = took_part(study)
    analyzed(study)

    session_withdraw(session, token="secret")
    took_part(study, external_id="somebody-else")

    assert has_news(study)
    assert str(session.id).encode() not in store().read_blob(analyzed(study).table)


@pytest.mark.parametrize("change", ["withdrawn", "judged anew"])
def test_what_changes_while_a_table_is_written_is_news(monkeypatch: pytest.MonkeyPatch, change: str) -> None:
    study = paid_study()
    session = took_part(study)
    write = ArtifactStore.write_table

    def write_while_something_changes(self: ArtifactStore, pieces: Iterable[bytes]) -> str:
        table = write(self, pieces)
        if change == "withdrawn":
            session_withdraw(session, token="secret")
            took_part(study, external_id="somebody-else")
        else:
            rule_set_create(study, {"natural": [{"name": "instruction_time", "low": 1000, "high": None}]})
            study_judge(study)
        return table

    monkeypatch.setattr(ArtifactStore, "write_table", write_while_something_changes)
    analyzed(study)
    monkeypatch.undo()

    assert has_news(study)
    assert results_request(study) is not None
    assert not has_news(study)


@pytest.mark.parametrize(("ago", "is_made"), [(50, False), (70, True)])
def test_analysis_rests_ten_times_as_long_as_it_took(ago: int, is_made: bool) -> None:
    study = paid_study()
    took_part(study)
    analyzed(study)
    asked = timezone.now() - timedelta(seconds=ago)
    StudyResult.objects.update(requested_at=asked)
    Job.objects.filter(kind="analysis").update(started_at=asked, ended_at=asked + timedelta(seconds=6))
    took_part(study, external_id="somebody-else")

    assert (results_request(study) is not None) == is_made


def test_analysis_of_what_was_withdrawn_does_not_rest() -> None:
    study = paid_study()
    session = took_part(study)
    took_part(study, external_id="somebody-else")
    analyzed(study)
    Job.objects.filter(kind="analysis").update(started_at=timezone.now(), ended_at=timezone.now() + timedelta(hours=1))
    session_withdraw(session, token="secret")

    assert results_request(study) is not None


def test_cancelled_analysis_is_not_waited_for() -> None:
    study = paid_study()
    took_part(study)
    requested = results_request(study)
    assert requested is not None

    job_cancel(Job.objects.get(digest=requested.digest))

    shown = study_result(study)
    assert (shown["news"], shown["job_error"]["message"]) == (False, "It was cancelled")


def test_session_reads_only_the_manifests_of_what_it_shows() -> None:
    study = made_up.study("zimmermann2021_causal")
    made = study.artifacts.count()

    with CaptureQueriesContext(connection) as queries:
        made_up.session(study)

    read = [query for query in queries if '"stimuli_artifact"."manifest"' in query["sql"]]
    assert 0 < len(read) < made
