"""Who comes again: what lets somebody go on, and that an id alone does not."""

from io import StringIO

import pytest
from django.core.management import call_command
from django.test import Client

from tests.services.recruiters.prolific import prolific_id
from tests.webapp import made_up
from tests.webapp.participants.conftest import on_prolific
from tests.webapp.participants.test_entry import enter, link, stored
from webapp.participants.models import Submission
from webapp.studies.models import Session

pytestmark = [pytest.mark.integration, pytest.mark.django_db]


def test_new_submission_counts_once_the_recruiter_says_that_it_is_theirs(recruiting, prolific):
    study = recruiting(on_prolific())
    enter(study, link(study, 1))
    made = prolific.submission(1, status="ACTIVE")
    prolific.submissions[prolific_id(7, "b")] = {**made, "id": prolific_id(7, "b")}

    enter(study, link(study, 1, SESSION_ID=prolific_id(7, "b")))

    assert Submission.objects.get().external_id == prolific_id(7, "b")
    assert Session.objects.count() == 1


@pytest.mark.parametrize("told", ["nothing", "another person", "handed in", "unknown"])
def test_whoever_knows_an_id_does_not_take_a_session_over(recruiting, prolific, settings, told):
    study = recruiting(on_prolific())
    victim, _ = enter(study, link(study, 1))
    made = prolific.submission(
        2 if told == "another person" else 1, status="AWAITING REVIEW" if told == "handed in" else "ACTIVE"
    )
    if told != "unknown":
        prolific.submissions[prolific_id(7, "b")] = {**made, "id": prolific_id(7, "b")}
    if told == "nothing":
        settings.PROLIFIC_TOKEN = ""
    before = stored()

    attacker, refused = enter(study, link(study, 1, SESSION_ID=prolific_id(7, "b")))

    assert refused.status_code == 409
    assert "somebody has begun with this id in another browser" in refused.content.decode()
    assert stored() == before
    assert attacker.get(f"/p/{study.id}/session").status_code == 401
    assert victim.get(f"/p/{study.id}/session").status_code == 200


def test_person_who_cleared_the_cookies_goes_on_by_the_same_submission(recruiting):
    study = recruiting(on_prolific())
    enter(study, link(study, 1))

    again, answer = enter(study, link(study, 1))

    assert answer.status_code == 302
    assert again.get(f"/p/{study.id}/session").status_code == 200
    assert Session.objects.count() == 1


def test_typed_id_goes_on_in_the_browser_in_which_it_began_alone():
    study = made_up.study()
    client = Client()
    client.post(f"/p/{study.id}/", made_up.agreed(study, participant="P07"))

    other = Client().post(f"/p/{study.id}/", made_up.agreed(study, participant="P07"))
    same = client.post(f"/p/{study.id}/", made_up.agreed(study, participant="P07"))

    assert (other.status_code, same.status_code) == (409, 302)
    assert Session.objects.count() == 1


def test_signed_link_goes_on_in_any_browser_and_signs_one_id_alone():
    study, other = made_up.study(), made_up.study()
    out = StringIO()
    call_command("participant_links", study.name, "P07", "--site", "https://host/", stdout=out)
    name, _, address = out.getvalue().strip().partition(" ")
    path = address.removeprefix("https://host")
    Client().post(f"/p/{study.id}/", made_up.agreed(study, participant="P08"))
    enter(study, f"/p/{study.id}/?participant=P07")
    signed = Client().get(path, follow=True).context["words"]

    _, again = enter(study, path, **signed)
    forged = [
        enter(study, path.replace("P07", "P08"), **signed)[1],
        enter(study, path, participant="P08", **signed)[1],
        enter(other, path.replace(str(study.id), str(other.id)), **signed)[1],
    ]

    assert (name, again.status_code) == ("P07", 302)
    assert [answer.status_code for answer in forged] == [400, 400, 400]
    assert (study.sessions.count(), other.sessions.count()) == (2, 0)


def test_page_that_was_sent_twice_is_one_visitor():
    study = made_up.study()
    visitor = Client().get(f"/p/{study.id}/").context["visitor"]

    answers = [Client().post(f"/p/{study.id}/", made_up.agreed(study, visitor=visitor)).status_code for _ in range(2)]

    assert answers == [302, 302]
    assert Session.objects.count() == 1
