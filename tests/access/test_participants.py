"""A participant's secret stays with the browser; what is sent is read strictly; nothing but one's own trials takes answers."""

import json
import logging
import re
from typing import Any

import pytest
from django.test import Client

from tests.services.processes import CHECKOUT
from tests.webapp import made_up
from tests.webapp.test_participant_api import TYPE, main_trials, pass_practice, put
from webapp.participants.models import Recruitment
from webapp.studies.exports import export
from webapp.studies.models import Response, Session, SessionEvent, Study
from webapp.studies.participant.api import cookie_name

pytestmark = [pytest.mark.integration, pytest.mark.django_db]
CODE = re.compile(r"\b(?=[A-Z]*[0-9])(?=[0-9]*[A-Z])[A-Z0-9]{8}\b")
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def test_secret_of_a_session_is_in_a_cookie_and_nowhere_else(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    study, client = made_up.study(), Client()

    started = client.post(f"/p/{study.id}/", made_up.agreed(study, participant="anna"))
    cookie = client.cookies[cookie_name(study.id)]
    session = study.sessions.get()
    seen = [started, client.get(f"/p/{study.id}/run/"), client.get(f"/p/{study.id}/session")]
    pass_practice(client, session)
    table = b"".join(export(study, form="csv")).decode()

    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", f"/p/{study.id}/")
    assert len(cookie.value) >= 43
    told = [answer.content.decode() + answer.headers.get("Location", "") for answer in seen]
    assert [text for text in (*told, table, caplog.text) if cookie.value in text] == []


def test_agreeing_again_replaces_the_secret() -> None:
    study, client, other = made_up.study(), Client(), Client()
    page = made_up.agreed(study, visitor=client.get(f"/p/{study.id}/").context["visitor"])
    client.post(f"/p/{study.id}/", page)
    other.post(f"/p/{study.id}/", page)

    assert client.get(f"/p/{study.id}/session").status_code == 401
    assert other.get(f"/p/{study.id}/session").status_code == 200


def test_plan_names_trials_by_ids_that_tell_nothing(browser: Any) -> None:
    client, session = browser(made_up.study())

    plan = client.get(f"/p/{session.study_id}/session").json()

    trials = plan["main"]["trials"]
    assert all(UUID.fullmatch(trial["id"]) for trial in trials)
    # Random, so that neither order nor condition can be read off.
    assert {trial["id"][14] for trial in trials} == {"4"}
    assert all(UUID.search(image["url"]) for trial in trials for image in trial["images"].values())


def test_example_takes_no_answer(browser: Any) -> None:
    client, session = browser(made_up.study())
    pass_practice(client, session)

    assert put(client, session, session.trials.get(kind="example")).status_code == 404


def test_altered_answer_is_noted_and_a_copy_is_not(browser: Any) -> None:
    client, session = browser(made_up.study())
    pass_practice(client, session)
    trial = main_trials(session)[0]
    key = "11111111-1111-4111-8111-111111111111"

    statuses = [put(client, session, trial, key=key, choice=choice).status_code for choice in ("upper", "upper", "lower")]

    assert statuses == [200, 200, 409]
    events = SessionEvent.objects.filter(session=session, kind=SessionEvent.Kind.CONTRADICTION)
    assert [event.details["choice"] for event in events] == ["lower"]


def test_time_that_nobody_can_have_is_flagged(browser: Any) -> None:
    client, session = browser(made_up.study())
    client.get(f"/p/{session.study_id}/session")
    pass_practice(client, session)
    first, second = main_trials(session)[:2]
    put(client, session, first, rt=20.0, event_time=1020.0, handler_time=1021.0)
    put(client, session, second, rt=600_000.0, event_time=601_000.0, handler_time=601_001.0)

    flags = Response.objects.filter(trial__in=[first, second]).values_list("flags", flat=True)

    assert list(flags) == ["rt_impossible", "rt_impossible"]


@pytest.mark.parametrize("kind", ["preview", "bot", "pilot"])
def test_nobody_who_does_not_count_reaches_a_live_code(kind: str, browser: Any) -> None:
    study = made_up.study()
    recruitment = Recruitment.objects.create(completion_codes={"completed": "CLIVE123"})
    Study.objects.filter(id=study.id).update(recruitment=recruitment)
    client, session = browser(study, kind=kind)
    pass_practice(client, session)
    for trial in main_trials(session):
        put(client, session, trial, choice=trial.correct_choice)

    finished = client.post(f"/p/{study.id}/finish", {}, content_type=TYPE).json()

    assert finished["code"]
    assert "CLIVE123" not in json.dumps([finished, client.get(f"/p/{study.id}/session").json()])
    assert Session.objects.get(id=session.id).completion_code != "CLIVE123"


def test_no_file_for_browsers_holds_anything_that_could_be_a_code() -> None:
    """The codes are in the database alone; what is shaped like one of Prolific's or ours has no place in scripts and styles."""
    files = [path for folder in ("src", "public", "dist") for path in (CHECKOUT / "static" / folder).rglob("*.*")]
    texts = {path.name: path.read_text() for path in files if path.suffix in (".ts", ".js", ".css", ".svg")}

    found = {
        name: [word for word in CODE.findall(text) if not word.isalpha() and not word.isdigit()] for name, text in texts.items()
    }

    assert "driver.ts" in found
    assert {name: words for name, words in found.items() if words} == {}


DEEP = b'{"duration": ' + b"[" * 40 + b"]" * 40 + b"}"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"duration": 1, "duration": 2}', 400),
        (b'{"duration": NaN}', 400),
        (b'{"duration": Infinity}', 400),
        (b'{"duration": 1e999}', 400),
        (b'{"duration": 1' + b"0" * 5000 + b"}", 400),
        (b'{"duration": 1, "more": "\\u0000"}', 400),
        (b'{"duration": 1, "more": "\\ud800"}', 400),
        (b'{"duration": 1, "\\u0000": 1}', 400),
        (b'\xef\xbb\xbf{"duration": 1}', 400),
        (b'{"duration": "\xff"}', 400),
        (DEEP, 400),
        (b"[" * 8000, 400),
        (b'{"duration": 1' + b" " * 17_000 + b"}", 413),
        (b'{"duration": 1, "also": 2}', 400),
    ],
)
def test_body_that_is_not_plain_is_refused_and_changes_nothing(body: bytes, status: int, browser: Any) -> None:
    client, session = browser(made_up.study())

    answer = client.post(f"/p/{session.study_id}/instructions", body, content_type=TYPE)

    assert answer.status_code == status
    assert set(answer.json()) == {"field", "message", "remedy"}
    assert Session.objects.get(id=session.id).instruction_time is None


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
def test_body_that_is_no_json_is_refused(content_type: str, browser: Any) -> None:
    client, session = browser(made_up.study())

    answer = client.post(f"/p/{session.study_id}/instructions", b"duration=1", content_type=content_type)

    assert answer.status_code == 415


@pytest.mark.parametrize("name", ["practice", "finish", "withdraw"])
def test_unknown_field_is_refused_everywhere(name: str, browser: Any) -> None:
    client, session = browser(made_up.study())

    answer = client.post(f"/p/{session.study_id}/{name}", {"force": True}, content_type=TYPE)

    assert (answer.status_code, answer.json()["field"]) == (400, "force")
    assert Session.objects.get(id=session.id).state == Session.State.RUNNING


@pytest.mark.parametrize("url", ["stimuli", "circuits", "runs"])
@pytest.mark.parametrize("body", [b'{"unit": "\\u0000"}', b"[" * 40 + b"]" * 40, b'{"a": 1, "a": 2}', b'{"seed": NaN}'])
def test_rest_reads_as_strictly(url: str, body: bytes, researcher: Client) -> None:
    assert researcher.post(f"/api/v1/{url}", body, content_type=TYPE).status_code == 400


def test_rest_takes_no_huge_body(researcher: Client) -> None:
    body = b'{"kind": "' + b"x" * 70_000 + b'"}'

    answer = researcher.post("/api/v1/stimuli", body, content_type=TYPE)

    assert (answer.status_code, answer.json()["field"]) == (413, "body")


@pytest.mark.parametrize("name", ["..%2F..%2F..%2Fetc%2Fpasswd", "%2Fetc%2Fpasswd", "..%5C..", "%00", "a" * 300])
def test_tricks_with_names_lead_nowhere(name: str, researcher: Client) -> None:
    digest = made_up.study().artifacts.first().digest
    urls = (f"artifacts/{digest}/files/{name}", f"artifacts/{name}", f"lineage/{name}", f"models/{name}", f"runs/{name}")

    assert {researcher.get(f"/api/v1/{url}").status_code for url in urls} == {404}
