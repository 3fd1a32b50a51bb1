"""A plan that is changed, copied or asked about people who took part: nothing of them is lost, nothing promised is forgotten."""

from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from experiments.contract.errors import InputError
from tests.webapp import made_up, progress
from tests.webapp.test_builder import LIST, filled
from webapp.participants.ledger import payment_plan
from webapp.participants.models import Participant, Recruitment, Submission
from webapp.participants.recruitments import recruitment_create
from webapp.stimuli.selectors import store
from webapp.studies.erasure import sessions_erase
from webapp.studies.models import Session, Study
from webapp.studies.services.study import StudyPlan, study_redraft, study_version

pytestmark = [pytest.mark.integration, pytest.mark.django_db]


def recruited(*, submission: bool) -> tuple[Study, Recruitment]:
    """A study, tried by a simulated participant; somebody may have come to its recruitment and left no session."""
    study = progress.without_rules(made_up.study())
    recruitment = recruitment_create(recruiter="direct", reward=100)
    Study.objects.filter(id=study.id).update(recruitment=recruitment)
    study.refresh_from_db()
    tried = progress.finished(study, kind="bot")
    if submission:
        Submission.objects.create(participant=tried.participant, recruitment=recruitment, external_id="s1")
    return study, recruitment


def change(client: Client, study: Study, **changes: Any) -> Any:
    sent = filled(client, name=study.name, recruiter="direct", reward="2.00", currency="USD")
    return client.post(f"{LIST}{study.id}/build/", {**sent, **changes, "draft": "1"})


@pytest.mark.parametrize("unfit", [{"languages": ()}, {"units": ["nothing"]}, {"erasure": "never"}])
def test_refused_change_of_a_plan_leaves_no_mark_of_an_erasure(unfit: dict[str, Any]) -> None:
    study = made_up.study()
    made_up.session(study, kind="bot")
    plan = StudyPlan(**{"name": study.name, "paper": study.paper, "units": made_up.UNITS, **unfit})

    with pytest.raises(InputError), transaction.atomic():
        study_redraft(study, plan, consent=study.consent, recruitment=None)

    assert Session.objects.count() == 1
    assert store().erased() == set()


def test_changed_plan_has_no_images_of_the_one_before() -> None:
    study = made_up.study()
    plan = StudyPlan(name=study.name, paper=study.paper, units=made_up.UNITS[:1])

    redrafted = study_redraft(study, plan, consent=study.consent, recruitment=None)

    assert (redrafted.images.count(), redrafted.artifacts.count()) == (0, 0)


def test_what_was_decided_about_erasures_holds_in_versions_and_changes(researcher: Client) -> None:
    study = made_up.study()
    Study.objects.filter(id=study.id).update(erasure=Study.Erasure.ANONYMIZE)
    study.refresh_from_db()

    version = study_version(study)
    page = researcher.get(f"{LIST}{version.id}/build/")
    change(researcher, version, erasure=page.context["forms"].study["erasure"].value(), title="Changed")

    version.refresh_from_db()
    assert (version.title, version.erasure) == ("Changed", Study.Erasure.ANONYMIZE)


def test_study_whose_only_participant_was_erased_stays_as_it_is(researcher: Client) -> None:
    study, recruitment = recruited(submission=False)
    session = progress.finished(study)
    payment_plan(recruitment, session.participant, reason="thanks", amount=100)
    sessions_erase(Session.objects.filter(id=session.id))

    refused = change(researcher, study)

    study.refresh_from_db()
    assert study.is_frozen
    assert refused.headers["Location"] == f"{LIST}{study.id}/change/"
    assert (study.state, study.recruitment) == (Study.State.OPEN, recruitment)


@pytest.mark.parametrize("kind", ["bot", "pilot", "preview"])
def test_study_whose_trial_runs_were_erased_can_be_changed(kind: str) -> None:
    study = made_up.study()
    session, _ = made_up.session(study, kind=kind)

    sessions_erase(Session.objects.filter(id=session.id))

    study.refresh_from_db()
    assert (study.erased_sessions, study.erased_live_sessions, study.is_frozen) == (1, 0, False)


def test_recruitment_that_somebody_came_through_is_kept_with_its_books(researcher: Client) -> None:
    study, recruitment = recruited(submission=True)

    changed = change(researcher, study)
    refused = change(researcher, study, currency="EUR")

    study.refresh_from_db()
    assert (changed.status_code, study.recruitment) == (302, recruitment)
    assert Recruitment.objects.get().reward == 200
    assert Submission.objects.get().recruitment == recruitment
    assert list(refused.context["forms"].recruitment.errors) == ["currency"]
    assert Participant.objects.filter(kind="bot").exists()
