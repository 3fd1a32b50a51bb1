"""Where personal ids come to rest: whoever takes part through any door, one table has the recruiter's ids, none anything else."""

from collections.abc import Callable
from urllib.parse import urlencode

import pytest
import pytest_django
from django.test import Client

from tests.services.recruiters.mturk import HIT_ID
from tests.services.recruiters.prolific import STUDY_ID, prolific_id
from tests.webapp import made_up
from tests.webapp.participants.conftest import on_mturk, on_prolific
from tests.webapp.participants.people import finish
from tests.webapp.traces import tables
from webapp.participants.models import Participant, Recruitment
from webapp.participants.services import external_id_hash
from webapp.studies.models import Session, Study
from webapp.studies.participant.api import cookie_name

pytestmark = [pytest.mark.integration, pytest.mark.django_db]
ADDRESS = "203.0.113.77"
BROWSER = "Mozilla/5.0 (X11; NoSuchSystem) NoSuchBrowser/123.4"
PROLIFIC = {"PROLIFIC_PID": prolific_id(7), "STUDY_ID": STUDY_ID, "SESSION_ID": prolific_id(7, "b")}
MTURK = {"workerId": "AWORKER00007", "assignmentId": "3ASSIGN00007", "hitId": HIT_ID, "turkSubmitTo": "https://www.mturk.com"}
IN_CLEAR = {"participants_submission"}


@pytest.mark.parametrize(
    ("recruitment", "words", "ids", "at_rest"),
    [
        (on_prolific, PROLIFIC, ["PROLIFIC_PID", "SESSION_ID"], IN_CLEAR),
        (on_mturk, MTURK, ["workerId", "assignmentId"], IN_CLEAR),
        (lambda: None, {"participant": "anna-at-home"}, ["participant"], set()),
    ],
)
def test_recruiters_ids_rest_in_one_table_and_address_browser_and_secrets_in_none(
    recruiting: Callable[..., Study],
    recruitment: Callable[[], Recruitment | None],
    words: dict[str, str],
    ids: list[str],
    at_rest: set[str],
) -> None:
    study = recruiting(recruitment())
    client = Client(REMOTE_ADDR=ADDRESS, HTTP_USER_AGENT=BROWSER, HTTP_X_FORWARDED_FOR=ADDRESS)
    client.get(f"/p/{study.id}/?{urlencode(words)}", follow=True)
    client.post(f"/p/{study.id}/", made_up.agreed(study))
    session = Session.objects.get()

    told = finish(client, session)

    cookie = client.cookies[cookie_name(study.id)].value
    erasure_code = told["erasure_code"]
    assert erasure_code is not None
    secrets = [ADDRESS, "NoSuch", cookie, erasure_code, erasure_code.replace("-", "")]
    held = {name: content.decode() for name, content in tables().items()}
    assert str(session.id) in held["studies_session"] or session.id.hex in held["studies_session"]
    assert [name for name, content in held.items() for secret in secrets if secret in content] == []
    places = {word: {name for name, content in held.items() if words[word] in content} for word in ids}
    assert places == dict.fromkeys(ids, at_rest)


def test_people_are_known_again_after_the_secret_key_was_changed(settings: pytest_django.Settings) -> None:
    known = external_id_hash("somebody", recruiter="prolific", kind=Participant.Kind.LIVE)

    settings.SECRET_KEY = "another one"
    kept = external_id_hash("somebody", recruiter="prolific", kind=Participant.Kind.LIVE)
    settings.ID_KEY = "another one"
    changed = external_id_hash("somebody", recruiter="prolific", kind=Participant.Kind.LIVE)

    assert kept == known != changed
