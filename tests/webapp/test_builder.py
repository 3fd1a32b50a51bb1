"""A study is planned, predicted, started, previewed, copied and frozen in the admin, without code."""

import dataclasses
from collections.abc import Mapping
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from experiments import registry
from experiments.datasets.photographs import photographs
from tests.webapp import made_up
from webapp.participants.consent import default_consent
from webapp.participants.models import Recruitment
from webapp.stimuli.models import Job
from webapp.studies.builder.hints import HINTS
from webapp.studies.models import Study

pytestmark = [pytest.mark.integration, pytest.mark.django_db]
SCALE = "zimmermann2023_scale"
LIST = "/admin/studies/study/"
PAPERS = [slug for slug, paper in registry.experiments().items() if paper.asks_people]


def filled(client: Client, paper: str = SCALE, **changes: Any) -> dict[str, Any]:
    """The builder's form as a browser would send it, with some fields changed."""
    page = client.get(f"{LIST}build/{paper}/")
    sent: dict[str, Any] = {}
    for form in page.context["forms"]:
        for field in form:
            value = field.value()
            if value not in (None, ""):
                sent[field.name] = value
    sent |= {"name": "built", "units_from": "pasted", "pasted": "\n".join(made_up.UNITS)}
    return {**sent, **changes}


def build(client: Client, *, button: str, paper: str = SCALE, **changes: Any) -> Any:
    return client.post(f"{LIST}build/{paper}/", {**filled(client, paper, **changes), button: "1"})


def test_design_is_chosen_first(researcher: Client) -> None:
    page = researcher.get(f"{LIST}add/")
    chosen = researcher.post(f"{LIST}add/", {"paper": SCALE})

    assert all(slug in page.content.decode() for slug in PAPERS)
    assert chosen.headers["Location"] == f"{LIST}build/{SCALE}/"


@pytest.mark.parametrize("paper", PAPERS)
def test_defaults_of_every_design_make_a_draft(paper: str, researcher: Client) -> None:
    saved = build(researcher, button="draft", paper=paper)

    study = Study.objects.get(name="built")
    design = registry.design(paper)
    assert saved.status_code == 302
    assert study.state == Study.State.DRAFT
    assert study.unit_addresses == (sorted(made_up.UNITS) if design.ASKS_ABOUT == "units" else [])
    assert [condition.name for condition in study.conditions.order_by("id")] == list(design.DEFAULT_CONDITIONS)
    assert not Job.objects.exists()


@pytest.mark.parametrize("paper", PAPERS)
def test_prediction_stores_nothing(paper: str, researcher: Client) -> None:
    page = build(researcher, button="predict", paper=paper)

    assert page.status_code == 200
    assert page.context["forecast"].participants > 0
    assert ("statistical power" in page.content.decode().lower()) == (registry.design(paper).ASKS_ABOUT == "units")
    assert not Study.objects.exists()
    assert not Recruitment.objects.exists()


def test_start_requests_the_stimuli(researcher: Client) -> None:
    build(researcher, button="start")

    study = Study.objects.get(name="built")
    assert study.state == Study.State.PREPARING
    assert Job.objects.count() == study.artifacts.count() > 0


def test_money_and_codes_are_kept_in_minor_units_by_outcome(researcher: Client) -> None:
    money = {"recruiter": "prolific", "external_study_id": "5f0c0f0c0f0c0f0c0f0c0f0c", "reward": "2.79", "currency": "GBP"}
    build(researcher, button="draft", code_completed="C1", code_failed_checks="C2", **money)

    recruitment = Study.objects.get(name="built").recruitment
    assert recruitment is not None
    assert (recruitment.reward, recruitment.currency, recruitment.recruiter) == (279, "GBP", "prolific")
    assert recruitment.completion_codes == {"completed": "C1", "failed_checks": "C2"}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"recruiter": "prolific", "external_study_id": "mine"}, "external_study_id"),
        ({"recruiter": "mturk", "currency": "EUR"}, "currency"),
    ],
)
def test_a_recruitment_that_cannot_work_is_refused_at_its_field(changes: dict[str, str], field: str, researcher: Client) -> None:
    page = build(researcher, button="draft", **changes)

    assert page.status_code == 400
    assert list(page.context["forms"].recruitment.errors) == [field]
    assert not Study.objects.exists()
    assert not Recruitment.objects.exists()


def test_units_can_be_drawn_or_be_a_whole_layer(researcher: Client) -> None:
    build(researcher, button="draft", name="drawn", units_from="drawn", count="7", seed="3")
    build(researcher, button="draft", name="same", units_from="drawn", count="7", seed="3")
    build(researcher, button="draft", name="layer", units_from="layer", layer="efficientnet_lite0.in1k/_blocks.0")

    drawn, same, layer = (Study.objects.get(name=name).unit_addresses for name in ("drawn", "same", "layer"))
    assert len(drawn) == 7
    assert drawn == same
    assert len(layer) == 16


BAD: list[tuple[Mapping[str, Any], str]] = [
    ({"name": "two words"}, "name"),
    ({"conditions": []}, "conditions"),
    ({"pasted": ""}, "pasted"),
    ({"pasted": "efficientnet_lite0.in1k/_blocks.99:0"}, "pasted"),
    ({"pasted": made_up.UNITS[0] + "\n" + made_up.UNITS[0]}, "pasted"),
    ({"units_from": "drawn", "models": []}, "models"),
    ({"units_from": "layer", "layer": ""}, "layer"),
    ({"units_from": "drawn", "count": "0"}, "count"),
    ({"setting_main_trials": "0"}, "setting_main_trials"),
    ({"setting_main_trials": "many"}, "setting_main_trials"),
    ({"setting_pool": "nope"}, "setting_pool"),
    ({"languages": []}, "languages"),
    ({"lease_minutes": "0"}, "lease_minutes"),
    ({"reward": "-1"}, "reward"),
    ({"accuracy_natural": "1.5"}, "accuracy_natural"),
]


@pytest.mark.parametrize(("changes", "field"), BAD)
def test_what_cannot_be_is_marked_at_its_field_and_stores_nothing(
    changes: Mapping[str, Any], field: str, researcher: Client
) -> None:
    page = build(researcher, button="start", **changes)

    errors = {name for form in page.context["forms"] for name in form.errors}
    assert page.status_code == 400
    assert errors == {field}
    assert not Study.objects.exists()
    assert not Recruitment.objects.exists()


def test_taken_name_is_marked(researcher: Client) -> None:
    build(researcher, button="draft")

    page = build(researcher, button="draft")

    assert "name" in page.context["forms"].study.errors
    assert Study.objects.count() == 1


def test_draft_can_be_changed_and_started(researcher: Client) -> None:
    build(researcher, button="draft")
    study = Study.objects.get(name="built")

    researcher.post(f"{LIST}{study.id}/build/", {**filled(researcher, title="Another title"), "draft": "1"})
    researcher.post(f"{LIST}{study.id}/start/")

    study.refresh_from_db()
    assert (study.title, study.state) == ("Another title", Study.State.PREPARING)
    assert Recruitment.objects.count() == 1


def test_study_with_responses_is_frozen_and_gets_a_new_version(researcher: Client) -> None:
    study = made_up.study()
    made_up.session(study)
    before = study.design_digest

    refused = researcher.post(f"{LIST}{study.id}/build/", {**filled(researcher, setting_main_trials="3"), "draft": "1"})
    researcher.post(f"{LIST}{study.id}/copy/", {"version": ""})
    researcher.post(f"{LIST}{study.id}/copy/", {"version": ""})

    versions = Study.objects.filter(origin=study).order_by("name")
    study.refresh_from_db()
    assert refused.headers["Location"] == f"{LIST}{study.id}/change/"
    assert study.design_digest == before
    assert study.sessions.count() == 1
    assert [(each.name, each.state) for each in versions] == [(f"{study.name}-v2", "draft"), (f"{study.name}-v3", "draft")]
    assert versions[0].design_digest == before


def test_previews_and_bots_do_not_freeze(researcher: Client) -> None:
    study = made_up.study()
    made_up.session(study, kind="bot")
    made_up.session(study, kind="preview")

    researcher.post(f"{LIST}{study.id}/build/", {**filled(researcher, setting_main_trials="3"), "draft": "1"})

    study = Study.objects.get(name="built")
    assert study.settings["main_trials"] == 3
    assert study.sessions.count() == 0


@pytest.mark.parametrize("name", ["", "two words", "taken"])
def test_clone_needs_a_free_name(name: str, researcher: Client) -> None:
    study = made_up.study()
    build(researcher, button="draft", name="taken")

    researcher.post(f"{LIST}{study.id}/copy/", {"name": name})
    researcher.post(f"{LIST}{study.id}/copy/", {"name": "cloned"})

    assert Study.objects.filter(origin=study).count() == 1
    assert Study.objects.get(name="cloned").settings == study.settings


@pytest.mark.parametrize("paper", PAPERS)
def test_any_trial_can_be_previewed(paper: str, researcher: Client) -> None:
    study = made_up.study(paper)

    page = researcher.get(f"{LIST}{study.id}/preview/?task=1&seed=5&language=de")

    shown = page.context["trials"]
    asked = [trial for trial in shown if trial.trial.kind in ("main", "catch")]
    assert page.status_code == 200
    assert asked
    if registry.design(paper).ASKS_ABOUT == "units":
        assert all(sum(image.is_right for image in trial.queries) == 1 for trial in asked)
    else:
        assert all(trial.base and trial.trial.about["image"] in page.content.decode() for trial in asked)
    assert not study.sessions.exists()
    first = [*shown[0].queries, *(image for group in shown[0].references for image in group), shown[0].base][0]
    assert researcher.get(first.url).status_code == 200


@pytest.mark.parametrize("query", ["condition=nope", "task=99999", "task=-1", "task=x", "seed=", "model=other", "language=tlh"])
def test_trial_that_there_is_not_is_told(query: str, researcher: Client) -> None:
    study = made_up.study()

    page = researcher.get(f"{LIST}{study.id}/preview/?{query}")

    assert page.status_code == 400
    assert page.context["error"].remedy


def test_preview_before_the_stimuli_are_there_says_so(researcher: Client) -> None:
    study = made_up.study(opened=False)

    page = researcher.get(f"{LIST}{study.id}/preview/")

    assert page.context["error"].field == "study"


def test_only_who_may_add_studies_builds_them() -> None:
    client = Client()
    client.force_login(User.objects.create_user("looker", is_staff=True))

    assert client.get(f"{LIST}add/").status_code == 403
    assert client.get(f"{LIST}build/{SCALE}/").status_code == 403
    assert Client().get(f"{LIST}add/").status_code == 302


def test_consent_of_the_form_is_that_of_the_study(researcher: Client) -> None:
    build(researcher, button="draft", consent=str(default_consent().id))

    assert Study.objects.get(name="built").consent == default_consent()


def test_hints_are_about_settings_that_there_are() -> None:
    settings = {field.name for paper in PAPERS for field in dataclasses.fields(registry.design(paper).Settings)}

    assert set(HINTS) <= settings
    assert f"{sum(source.variants for source in photographs()):,}" in HINTS["pool_size"]
