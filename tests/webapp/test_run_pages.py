"""Runs in the admin and on their pages: started, watched, cancelled; what came of them, and the way to a study."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from experiments import jobs
from experiments.contract.local_models import model_id
from tests.webapp.explored import text_of
from tests.webapp.made_up_runs import JOURNAL_LINES, ORDER, PAPER, come_home, committed, made, recipe_of, trained
from webapp import compute
from webapp.runs.models import TrainingRun
from webapp.stimuli.models import Job
from webapp.stimuli.selectors import store
from webapp.stimuli.services import artifact_store, job_end, jobs_look_after

pytestmark = [pytest.mark.integration, pytest.mark.django_db, pytest.mark.usefixtures("own_zoo")]
START = "/admin/runs/trainingrun/add/"
LIST = "/admin/runs/trainingrun/"


def sent(**changes: Any) -> dict[str, Any]:
    return {"paper": PAPER, "preset": "smoke", "seed": "3", "settings": "part=theory\n\nepochs=2", **changes}


def test_run_is_started_from_the_admin_and_watched(researcher: Client) -> None:
    form = text_of(researcher.get(START))
    started = researcher.post(START, sent())
    page = text_of(researcher.get(started.headers["Location"]))
    job = Job.objects.get()
    progress = jobs.Progress(job=str(job.id), done=3, total=9, doing="training", beat_at=1.0, stages=("0" * 64,))
    store().write_journal("0" * 64, JOURNAL_LINES)
    compute.queue().backend.store_result(str(job.task_id), progress.as_json(), "PROGRESS")
    state = text_of(researcher.get(f"{started.headers['Location']}state/"))

    assert "zimmermann2023_scale" not in form
    assert TrainingRun.objects.get().settings == {"part": "theory", "epochs": 2}
    assert TrainingRun.objects.get().started_by == User.objects.get(username="researcher")
    assert "waits for a worker" in page
    assert "<code>part=theory</code>, <code>epochs=2</code>" in page
    assert 'data-state="started"' in state
    assert "training 3/9" in state
    assert "Stage 1, under way" in state
    assert state.count("<polyline") == 2


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"paper": "zimmermann2023_scale"}, "paper"),
        ({"preset": "huge"}, "preset"),
        ({"seed": "-1"}, "seed"),
        ({"settings": "part"}, "settings"),
        ({"settings": "rate=NaN"}, "settings"),
    ],
)
def test_form_that_cannot_be_says_so_at_the_field(changes: dict[str, str], field: str, researcher: Client) -> None:
    page = researcher.post(START, sent(**changes))

    assert page.status_code == 400
    assert list(page.context["form"].errors) == [field]
    assert not TrainingRun.objects.exists()


def test_finished_run_shows_claims_curves_and_the_way_to_a_study(researcher: Client) -> None:
    started = researcher.post(START, sent())
    recipe = recipe_of({"paper": PAPER, "seed": 3, "settings": {"part": "theory", "epochs": 2}})
    stages = [trained(1), trained(2, takes="vectors")]
    come_home(recipe, stages=stages)

    page = text_of(researcher.get(started.headers["Location"]))
    listed = text_of(researcher.get(f"{LIST}?state=finished&preset=smoke"))

    model = model_id(stages[0].digest)
    assert "rows=all takes an hour" in page
    assert page.count("</span> holds") == page.count("</span> does not hold") == 1
    assert "this run has no data (1)" in page
    assert page.index("It learns") < page.index("It stays") < page.index("It scales")
    assert f"/explorer/{model}/" in page
    assert page.count('name="unit"') == page.count(f'value="{model}/') == 18
    assert page.count("its units have no pictures") == 1
    assert "Stage 1: width 9" in page
    assert page.count("<polyline") == 2 * 2
    assert f"/lineage/{recipe.digest}/" in page
    assert "1 of 2" in listed


def test_study_of_a_network_made_here_begins_with_its_units_and_its_size(researcher: Client) -> None:
    stage = trained(1)
    artifact_store(made(recipe_of(ORDER), stages=[stage]))
    with committed():
        researcher.post(START, sent(settings="part=theory"))
    model = model_id(stage.digest)
    units = [f"{model}/_blocks.3:{channel}" for channel in (5, 7)]

    builder = researcher.get("/admin/studies/study/build/zimmermann2023_scale/", {"unit": units})

    forms = builder.context["forms"]
    assert forms.study["pasted"].value().split() == units
    assert forms.study["models"].value() == [model]
    assert (forms.settings["setting_pool_resolution"].value(), forms.settings["setting_size"].value()) == (64, 64)
    assert forms.settings["setting_shown_size"].value() != 64


def test_networks_that_take_vectors_are_not_offered_for_studies(researcher: Client) -> None:
    stages = [trained(1), trained(2, takes="vectors")]
    made(recipe_of(ORDER), stages=stages)
    with committed():
        researcher.post(START, sent(settings="part=theory"))

    builder = researcher.get("/admin/studies/study/build/zimmermann2023_scale/")
    network = text_of(researcher.get(f"/explorer/{model_id(stages[1].digest)}/"))

    choices = dict(builder.context["forms"].study.fields["models"].choices)
    layers = [place for place, _ in builder.context["forms"].study.fields["layer"].choices]
    assert model_id(stages[0].digest) in choices
    assert model_id(stages[1].digest) not in choices
    assert not [place for place in layers if place.startswith(model_id(stages[1].digest))]
    assert "takes vectors" in network
    assert f"/explorer/{model_id(stages[1].digest)}/_blocks" not in network


def test_units_of_a_network_made_here_are_looked_at_at_its_own_size(researcher: Client) -> None:
    stage = trained(1)
    made(recipe_of(ORDER), stages=[stage])
    with committed():
        researcher.post(START, sent(settings="part=theory"))
    page = f"/explorer/{model_id(stage.digest)}/_blocks.3/5/"

    shown = text_of(researcher.get(page))
    researcher.post(f"{page}act/", {"part": "exemplars", "action": "make"})
    asked = Job.objects.get(kind="exemplars").recipe

    assert "at 64 px" in shown
    assert (asked["pool"], asked["pool_resolution"]) == ("photographs", 64)


def test_run_is_cancelled_with_its_curves_and_goes_on(researcher: Client) -> None:
    page = researcher.post(START, sent()).headers["Location"]
    job = Job.objects.get()
    store().write_journal("0" * 64, JOURNAL_LINES)
    progress = jobs.Progress(job=str(job.id), done=3, total=9, beat_at=1.0, stages=("0" * 64,))
    compute.queue().backend.store_result(str(job.task_id), progress.as_json(), "PROGRESS")

    researcher.post(page, {"action": "cancel"})
    cancelled = text_of(researcher.get(f"{page}state/"))
    researcher.post(page, {"action": "continue"})

    assert 'data-state="cancelled"' in cancelled
    assert "Stage 1, until it stopped" in cancelled
    assert cancelled.count("<polyline") == 2
    assert store().is_cancelled(str(job.id))
    assert [job.state for job in Job.objects.order_by("created_at")] == ["cancelled", "queued"]
    assert len({job.digest for job in Job.objects.all()}) == 1


def test_button_that_comes_too_late_says_so(researcher: Client) -> None:
    page = researcher.post(START, sent()).headers["Location"]
    researcher.post(page, {"action": "cancel"})

    answers = [text_of(researcher.post(page, {"action": action}, follow=True)) for action in ("cancel", "horoscope")]

    assert ["Nothing was done" in answer for answer in answers] == [True, True]


def test_list_and_stages_take_as_many_queries_for_many_as_for_few(researcher: Client, django_assert_max_num_queries: Any) -> None:
    stages = [trained(seed, takes="vectors") for seed in range(12)]
    pages = [researcher.post(START, sent(seed=str(seed), settings="part=theory")).headers["Location"] for seed in range(12)]
    come_home(recipe_of({**ORDER, "seed": 0}), stages=stages)

    with django_assert_max_num_queries(14):
        listed = text_of(researcher.get(LIST))
    with django_assert_max_num_queries(10):
        page = text_of(researcher.get(f"{pages[0]}state/"))

    assert listed.count(">queued</td>") == 11
    assert page.count("Stage ") >= 12


def test_run_whose_workers_were_lost_keeps_its_curves(researcher: Client) -> None:
    page = researcher.post(START, sent()).headers["Location"]
    store().write_journal("0" * 64, JOURNAL_LINES)
    for _ in range(jobs.MAX_ATTEMPTS):
        job = Job.objects.get()
        progress = jobs.Progress(job=str(job.id), done=3, total=9, beat_at=1.0, stages=("0" * 64,))
        compute.queue().backend.store_result(str(job.task_id), progress.as_json(), "PROGRESS")
        jobs_look_after()

    shown = text_of(researcher.get(f"{page}state/"))

    assert "worker lost" in shown
    assert shown.count("<polyline") == 2


def test_setting_that_the_paper_does_not_know_is_told_on_the_page(researcher: Client) -> None:
    page = researcher.post(START, sent(settings="colour=red")).headers["Location"]
    error = {"field": "colour", "message": "there is no such field", "remedy": "Choose among part, networks"}
    job_end(jobs.failed(str(Job.objects.get().id), error))

    shown = text_of(researcher.get(page))

    assert "colour: there is no such field. Choose among part, networks." in shown
    assert 'value="continue"' in shown


def test_reader_looks_and_starts_nothing(reader: Client, researcher: Client) -> None:
    page = researcher.post(START, sent()).headers["Location"]

    seen = text_of(reader.get(page))

    assert "Cancel" not in seen
    assert reader.get(LIST).status_code == 200
    assert reader.get(START).status_code == 403
    assert reader.post(page, {"action": "cancel"}).status_code == 403
    assert Job.objects.get().state == "queued"
    assert Client().get(page).status_code == 302
