"""Links for experts, pilots, previews and bots: each leads in, and none can be forged or carried to another study."""

import pytest
from django.test import Client

from tests.services.recruiters.prolific import STUDY_ID, prolific_id
from tests.webapp import made_up
from tests.webapp.participants.conftest import on_prolific
from webapp.participants.models import Submission
from webapp.studies.models import Session
from webapp.studies.participant.links import bot_link, cohort_link, pilot_link, study_links

pytestmark = [pytest.mark.integration, pytest.mark.django_db]


def test_experts_come_by_their_own_link_to_any_study(recruiting):
    study = recruiting(on_prolific())
    client = Client()

    page = client.get(cohort_link(study))
    client.post(f"/p/{study.id}/", made_up.agreed(study, visitor=page.context["visitor"], **page.context["words"]))

    session = Session.objects.get()
    assert (session.kind, session.cohort) == ("live", "expert")
    assert not Submission.objects.exists()


def test_pilots_come_by_their_own_link_and_do_not_count(recruiting):
    study = recruiting(on_prolific())
    client = Client()

    page = client.get(pilot_link(study))
    client.post(f"/p/{study.id}/", made_up.agreed(study, visitor=page.context["visitor"], **page.context["words"]))

    assert Session.objects.get().kind == "pilot"


def test_signed_link_of_one_study_or_purpose_opens_no_other(recruiting):
    study, other = made_up.study(), made_up.study()
    token = cohort_link(other).partition("cohort=")[2]

    assert Client().get(f"/p/{study.id}/?cohort={token}").status_code == 400
    assert Client().get(f"/p/{other.id}/?pilot={token}").status_code == 400
    assert Client().get(f"/p/{other.id}/?bot={token}").status_code == 400
    assert Client().get(f"/p/{other.id}/?cohort={token}").status_code == 200


def test_strangers_send_no_bots_but_by_the_link_for_them():
    study, elsewhere = made_up.study(), {"REMOTE_ADDR": "203.0.113.7"}
    path = f"/p/{study.id}/"

    refused = [
        Client(**elsewhere).get(f"{path}?kind=bot"),
        Client(**elsewhere).post(path, made_up.agreed(study, kind="bot", participant="b1")),
    ]
    before = Session.objects.count()
    client = Client(**elsewhere)
    page = client.get(bot_link(study))
    started = client.post(path, made_up.agreed(study, participant="b1", observer="ideal", **page.context["words"]))

    session = Session.objects.get()
    assert ([answer.status_code for answer in refused], before) == ([400, 400], 0)
    assert (started.status_code, session.kind, session.observer) == (302, "bot", "ideal")


def test_bots_and_previews_need_no_recruiter(recruiting):
    study = recruiting(on_prolific())

    for kind in ("bot", "preview"):
        client = Client()
        page = client.get(f"/p/{study.id}/?kind={kind}")
        client.post(
            f"/p/{study.id}/", made_up.agreed(study, kind=kind, participant="b1", observer="ideal" if kind == "bot" else "")
        )
        assert page.status_code == 200

    sessions = Session.objects.order_by("kind").values_list("kind", "observer")
    assert list(sessions) == [("bot", "ideal"), ("preview", "")]
    assert not Submission.objects.exists()


def test_preview_does_not_stand_in_for_the_person_behind_it():
    study = made_up.study()
    client = Client()
    client.post(f"/p/{study.id}/", made_up.agreed(study, kind="preview", participant="anna"))

    page = client.get(f"/p/{study.id}/?participant=anna", follow=True)

    assert 'data-screen="consent"' in page.content.decode()


def test_every_link_of_a_study_leads_in(recruiting):
    study = made_up.study()
    for name, path in study_links(study).items():
        assert Client().get(path).status_code == 200, name

    prolific_study = recruiting(on_prolific())
    filled = study_links(prolific_study)["for Prolific"].replace("{{%PROLIFIC_PID%}}", prolific_id(1))
    filled = filled.replace("{{%STUDY_ID%}}", STUDY_ID).replace("{{%SESSION_ID%}}", prolific_id(1, "b"))
    assert Client().get(filled).status_code == 303


@pytest.mark.parametrize("name", ["a\0b", "line\nbreak", "x" * 41])
def test_observer_that_is_no_name_is_refused_and_nothing_stored(name):
    study = made_up.study()

    answer = Client().post(f"/p/{study.id}/", made_up.agreed(study, kind="bot", participant="b1", observer=name))

    assert answer.status_code == 400
    assert not Session.objects.exists()
