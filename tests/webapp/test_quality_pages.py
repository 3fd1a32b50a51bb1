"""The pages of quality rules: thresholds, verdicts, judge again."""

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from experiments.contract.errors import InputError
from tests.webapp import made_up, progress
from tests.webapp.test_quality_verdicts import CATCH, study_with
from webapp.studies.models import QualityRuleSet, Session, Study
from webapp.studies.quality.forms import RulesForm
from webapp.studies.services.quality import published_rules, rule_set_create, study_judge

pytestmark = [pytest.mark.integration, pytest.mark.django_db]


def staff() -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("researcher"))
    return client


def test_editor_makes_a_version_and_judges_by_it():
    study = study_with(CATCH)
    session = progress.finished(study, wrong=["catch"])
    client = staff()
    page = client.get(f"/studies/{study.id}/quality/")
    form = {name: field.initial for name, field in page.context["form"].fields.items() if field.initial is not None}

    answer = client.post(
        f"/studies/{study.id}/quality/", {**form, "natural-catch_ratio-low": "0", "synthetic-catch_ratio-low": "", "save": "yes"}
    )

    assert answer.status_code == 302
    newest = study.quality_rule_sets.order_by("-version").first()
    assert newest.rules == {"natural": [{"name": "catch_ratio", "low": 0.0, "high": None}], "synthetic": []}
    session.refresh_from_db()
    assert session.passed_checks is True


def test_editor_shows_what_is_wrong_and_keeps_what_was_typed():
    study = made_up.study()

    page = staff().post(f"/studies/{study.id}/quality/", {"natural-catch_ratio-low": "7", "save": "yes"})

    assert page.status_code == 200
    assert "no session could satisfy it" in page.content.decode()
    assert 'value="7"' in page.content.decode()
    assert study.quality_rule_sets.count() == 1


def test_editor_refuses_words():
    study = made_up.study()

    page = staff().post(f"/studies/{study.id}/quality/", {"natural-catch_ratio-low": "many", "save": "yes"})

    assert "Enter a number" in page.content.decode()
    assert study.quality_rule_sets.count() == 1


def test_editor_form_gives_back_the_rules_that_it_shows():
    study = made_up.study()
    rules = published_rules(study)
    shown = RulesForm(study, rules)

    form = RulesForm(study, rules, {name: field.initial for name, field in shown.fields.items() if field.initial is not None})

    assert form.is_valid()
    assert rule_set_create(study, form.rules()).version == 1


def test_button_judges_again():
    study = study_with(CATCH)
    session = progress.finished(study)
    Session.objects.filter(id=session.id).update(passed_checks=None)

    staff().post(f"/studies/{study.id}/quality/", {"judge": "again"})

    session.refresh_from_db()
    assert session.passed_checks is True


@pytest.mark.parametrize("page", ["quality", "operations"])
def test_pages_are_for_staff_and_their_buttons_for_those_who_may_change_studies(page):
    study = made_up.study()
    url = f"/studies/{study.id}/{page}/"
    watcher = Client()
    user = User.objects.create_user("watcher", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_study"))
    watcher.force_login(user)

    assert Client().get(url).status_code == 302
    assert watcher.get(url).status_code == 200
    assert watcher.post(url, {"judge": "again", "action": "pause"}).status_code == 403
    assert staff().get("/studies/00000000-0000-4000-8000-000000000000/quality/").status_code == 404


def test_imported_study_keeps_the_verdicts_that_it_came_with():
    study = study_with(CATCH)
    session = progress.finished(study)
    Study.objects.update(state=Study.State.IMPORTED)
    Session.objects.update(passed_checks=False)
    study.refresh_from_db()
    client = staff()

    with pytest.raises(InputError, match="judged there"):
        study_judge(study)
    for model, pk in (("session", session.id), ("study", study.id)):
        client.post(f"/admin/studies/{model}/", {"action": "judge", "_selected_action": [str(pk)]})

    session.refresh_from_db()
    assert session.passed_checks is False
    assert client.get(f"/studies/{study.id}/quality/").status_code == 404


def test_admin_shows_verdicts_and_filters_by_them():
    study = study_with(CATCH)
    good, bad = progress.finished(study), progress.finished(study, wrong=["catch"])
    client = staff()

    passed = client.get("/admin/studies/session/?passed_checks__exact=1").content.decode()
    page = client.get(f"/admin/studies/session/{bad.id}/change/").content.decode()
    verdicts = client.get(f"/admin/studies/qualityverdict/?session__study__id__exact={study.id}")
    versions = client.get("/admin/studies/qualityruleset/")

    assert (str(good) in passed, str(bad) in passed) == (True, False)
    assert "catch_ratio" in page
    assert verdicts.status_code == versions.status_code == 200
    assert QualityRuleSet.objects.count() == 2


def test_admin_judges_again():
    study = study_with(CATCH)
    session = progress.finished(study)
    client = staff()
    for model, pk in (("session", session.id), ("study", study.id)):
        Session.objects.filter(id=session.id).update(passed_checks=None)
        client.post(f"/admin/studies/{model}/", {"action": "judge", "_selected_action": [str(pk)]})

        session.refresh_from_db()
        assert session.passed_checks is True
