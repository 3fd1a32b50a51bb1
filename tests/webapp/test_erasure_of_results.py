"""Erasing reaches results: the tables that analyses are made from, what they gave, and those under way."""

import os
from collections.abc import Iterable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from experiments import jobs
from experiments.contract.artifacts import ArtifactStore, NewFile, Product
from experiments.contract.recipes import Analysis, recipe_from_json
from tests.webapp import made_up
from tests.webapp.traces import analyzed, files, found, paid_study, took_part, traces
from webapp.stimuli.models import Artifact, Job
from webapp.stimuli.selectors import store
from webapp.stimuli.services import artifact_store, job_end
from webapp.studies.erasure import sessions_erase
from webapp.studies.models import Session, StudyResult
from webapp.studies.results.requests import analyses_sweep, has_news, results_request, tables_sweep

pytestmark = [pytest.mark.integration, pytest.mark.django_db]


def test_results_are_computed_anew_from_what_is_left(settings):
    study = paid_study()
    other, session = took_part(study, external_id="somebody-else"), took_part(study)
    old = analyzed(study)

    sessions_erase(Session.objects.filter(id=session.id))

    assert not StudyResult.objects.exists()
    assert not Artifact.objects.filter(digest=old.digest).exists()
    assert store().manifest(old.digest) is None
    assert has_news(study)
    new = analyzed(study)
    assert str(other.id).encode() in store().read_blob(new.table)
    assert StudyResult.objects.get().live_sessions == 1


def test_artifacts_that_others_need_stay(settings):
    study, other_study = paid_study(), paid_study()
    session = took_part(study)
    took_part(other_study, external_id="somebody-else")
    analyzed(study)
    kept = analyzed(other_study)
    stimuli = Artifact.objects.exclude(kind="analysis").count()

    sessions_erase(Session.objects.filter(id=session.id))

    assert store().read_blob(kept.table)
    assert store().manifest(kept.digest) is not None
    assert Artifact.objects.exclude(kind="analysis").count() == stimuli
    assert made_up.session(study)[0].trials.exists()


def test_shared_file_of_two_results_stays_as_long_as_one_needs_it(settings):
    study, other_study = paid_study(), paid_study()
    session = took_part(study)
    took_part(other_study, external_id="somebody-else")
    same = NewFile(name="figure.svg", content=b"<svg/>", media_type="image/svg+xml")
    for one in (study, other_study):
        result = results_request(one)
        recipe = Analysis(paper=one.paper, table=Job.objects.get(digest=result.digest).recipe["table"])
        artifact_store(store().publish(recipe, Product(new_files=[same]), provenance={}).as_json())

    sessions_erase(Session.objects.filter(id=session.id))

    (left,) = Artifact.objects.filter(kind="analysis")
    assert store().read_blob(left.read_manifest().file("figure.svg").sha256) == b"<svg/>"


def test_answers_that_are_erased_while_a_table_is_written_are_in_no_table(monkeypatch, settings):
    study = paid_study()
    session = took_part(study)
    took_part(study, external_id="somebody-else")
    write = ArtifactStore.write_table

    def write_while_somebody_is_erased(self: ArtifactStore, pieces: Iterable[bytes]) -> str:
        return write(self, pieces_and_an_erasure(pieces))

    def pieces_and_an_erasure(pieces: Iterable[bytes]) -> Iterator[bytes]:
        yield from pieces
        sessions_erase(Session.objects.filter(id=session.id))

    monkeypatch.setattr(ArtifactStore, "write_table", write_while_somebody_is_erased)

    assert results_request(study) is None
    assert str(session.id).encode() not in files(settings.ARTIFACT_URL)
    assert results_request(study) is not None


@pytest.mark.parametrize("is_heard_of", [True, False])
def test_analysis_that_ends_after_an_erasure_brings_nobody_back(is_heard_of, settings):
    study = paid_study()
    session = took_part(study)
    took_part(study, external_id="somebody-else")
    result = results_request(study)
    job = Job.objects.get(digest=result.digest)
    needles = traces(session)
    # The worker had read its table, and does not look for the cancel mark any more.
    sessions_erase(Session.objects.filter(id=session.id))
    figures = NewFile(name="result.json", content=str(session.id).encode(), media_type="application/json")
    manifest = store().publish(recipe_from_json(job.recipe), Product(new_files=[figures]), provenance={})

    for _ in range(2):
        job_end(jobs.finished(str(job.id), manifest.as_json())) if is_heard_of else analyses_sweep()

    assert not Artifact.objects.filter(digest=result.digest).exists()
    assert store().manifest(result.digest) is None
    assert found(needles, files(settings.ARTIFACT_URL)) == []


def test_table_whose_writer_died_goes_by_itself(settings):
    study = paid_study()
    session = took_part(study)
    needles = traces(session)
    needed = analyzed(study).table
    # Killed before a row named it: no erasure can know of it.
    orphan = store().write_table([f"session_id\n{session.id}\n".encode()])

    tables_sweep()
    young = store().tables(older_than=timedelta(0))
    for mark in Path(settings.ARTIFACT_URL, "tables").iterdir():
        os.utime(mark, (0, 0))
    tables_sweep()

    assert young == {needed, orphan}
    assert store().tables(older_than=timedelta(0)) == {needed}
    assert store().read_blob(needed)
    with pytest.raises(FileNotFoundError):
        store().read_blob(orphan)
    sessions_erase(Session.objects.filter(id=session.id))
    assert store().tables(older_than=timedelta(0)) == set()
    assert found(needles, files(settings.ARTIFACT_URL)) == []
