"""What is met at the doors: files that commands write and read, forms that are refused, lists that are asked wrongly."""

import os
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.core.signals import request_started
from django.test import Client
from django.utils import timezone
from django.utils.log import configure_logging
from gunicorn.config import Config
from gunicorn.http.wsgi import Response as GunicornResponse

from tests.webapp import made_up
from tests.webapp.test_outage import unreachable_database
from tests.webapp.tokens import client_of
from webapp.__main__ import main
from webapp.participants.models import AuditEntry
from webapp.studies.imports.checked import MAX_FILE
from webapp.studies.models import Session, Study
from webapp.studies.one_machine import demo
from webapp.studies.services.quality import rule_set_create
from webapp.wsgi import application

TOKEN = "0" * 32
pytestmark = [pytest.mark.integration, pytest.mark.django_db]


@pytest.fixture
def study() -> Study:
    return made_up.study()


@pytest.fixture
def logs_as_before(settings) -> Iterator[None]:
    """A command configures the log, which then writes to what `capsys` closes: to be taken before it."""
    yield
    configure_logging(settings.LOGGING_CONFIG, settings.LOGGING)


@pytest.fixture
def signals_as_before() -> Iterator[None]:
    """The demo takes over what ends it."""
    before = signal.getsignal(signal.SIGINT)
    yield
    signal.signal(signal.SIGINT, before)


def refused(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """The one line in which a command says why not."""
    with pytest.raises(SystemExit) as ended:
        call_command(*words)
    (line,) = capsys.readouterr().err.splitlines()
    assert ended.value.code == 2
    return line


@pytest.mark.parametrize("command", ["export_responses", "export_codebook", "export_truth"])
def test_commands_replace_no_pipe_and_write_through_links(study, command, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    os.mkfifo("pipe")
    Path("link").symlink_to("target")

    said = [refused(capsys, command, "--study", study.name, "--out", out) for out in ("pipe", "-", ".")]
    noted = AuditEntry.objects.count()
    call_command(command, "--study", study.name, "--out", "link")

    assert [line.partition(" ")[0] for line in said] == ["out:"] * 3
    assert noted == 0
    assert Path("pipe").is_fifo()
    assert Path("link").is_symlink()
    assert Path("target").stat().st_size > 0


@pytest.mark.parametrize(
    ("name", "told", "begins"),
    [("a.jsonl", (), b""), ("a.PARQUET", (), b"PA"), ("a.bids.zip", (), b"PK"), ("a", (), b"re"), ("a.zip", ("bids",), b"PK")],
)
def test_format_is_that_of_the_name(study, name, told, begins, tmp_path):
    words = [word for form in told for word in ("--format", form)]

    call_command("export_responses", "--study", study.name, "--out", str(tmp_path / name), *words)

    assert (tmp_path / name).read_bytes()[:2] == begins


@pytest.mark.parametrize(
    ("name", "told"), [("a.csv", "jsonl"), ("a.zip", "csv"), ("a.bids.zip", "psychds"), ("a.parquet", "csv")]
)
def test_format_that_the_name_contradicts_is_refused(study, name, told, tmp_path, capsys):
    said = refused(capsys, "export_responses", "--study", study.name, "--out", str(tmp_path / name), "--format", told)

    assert said.startswith(f"format: {told} does not go into {name}")
    assert list(tmp_path.glob("a.*")) == []


def test_truth_is_for_its_owner_alone(study, tmp_path):
    out = tmp_path / "truth.json"

    call_command("export_truth", "--study", study.name, "--out", str(out))

    assert out.stat().st_mode & 0o777 == 0o600


def test_table_that_is_no_file_or_too_large_is_not_read(tmp_path, capsys):
    pipe, huge = tmp_path / "pipe", tmp_path / "huge"
    os.mkfifo(pipe)
    with huge.open("wb") as file:
        file.truncate(MAX_FILE + 1)

    words = ("--mapping", "zimmermann2023_released")
    said = [refused(capsys, "import_responses", str(path), *words) for path in (pipe, huge)]

    assert said[0].endswith("is no file. Name a CSV file.")
    assert f"more than {MAX_FILE:,} are not read" in said[1]


@pytest.mark.parametrize(
    ("words", "field"), [(("P07", "--site", "host"), "site"), (("P07", "--site", "ftp://host"), "site"), (("P07", "P 8"), "id")]
)
def test_links_of_persons_need_a_site_and_an_id(study, words, field, capsys):
    site = () if "--site" in words else ("--site", "https://host")

    said = refused(capsys, "participant_links", study.name, *words, *site)

    assert said.startswith(f"{field}: ")
    assert "P07" not in said


@pytest.mark.usefixtures("signals_as_before")
@pytest.mark.parametrize("port", [0, 65536])
def test_demo_refuses_a_port_that_is_none(port, capsys):
    assert refused(capsys, "demo", "--port", str(port)).startswith(f"port: {port} is none")


@pytest.mark.usefixtures("signals_as_before")
def test_demo_refuses_a_port_in_use_before_it_starts_anything(capsys):
    with socket.socket() as taken:
        taken.bind((demo.HOST, 0))
        taken.listen()
        port = taken.getsockname()[1]

        said = refused(capsys, "demo", "--port", str(port))

    assert said == f"port: {port} cannot be had: Address already in use. make demo PORT={port + 1}."


@pytest.mark.parametrize(
    ("path", "language", "says"),
    [
        ("/erase/", "en", "browser keeps no cookies"),
        ("/erase/", "de", "Erlauben Sie Cookies"),
        ("/admin/login/", "en", "Allow them and open the link again"),
    ],
)
def test_form_from_a_browser_without_cookies_is_refused_on_our_page(path, language, says):
    client = Client(enforce_csrf_checks=True, headers={"accept": "text/html", "accept-language": language})

    page = client.post(path)

    assert (page.status_code, 'data-screen="message"' in page.content.decode()) == (403, True)
    assert says in page.content.decode()


def test_refused_consent_speaks_the_language_of_its_page_and_programs_get_json(study):
    client = Client(enforce_csrf_checks=True)

    page = client.post(f"/p/{study.id}/", {"language": "de"}, headers={"accept": "text/html", "accept-language": "en"})
    told = client.post(f"/p/{study.id}/").json()
    client.cookies["csrftoken"] = TOKEN
    stale = client.post(f"/p/{study.id}/").json()

    assert "Ihr Browser behält" in page.content.decode()
    assert (told["field"], stale["field"]) == ("cookie", "page")
    assert told["remedy"]


@pytest.mark.parametrize("changed", ["body", "promises"])
def test_consent_that_changed_meanwhile_is_shown_again(study, changed):
    client = Client()
    form = {"consent": client.get(f"/p/{study.id}/").context["shown"]}
    if changed == "body":
        study.consent.body += " And something else."
        study.consent.save()
    else:
        study.answers_until = timezone.now().date()
        study.save()

    page = client.post(f"/p/{study.id}/", form)

    assert (page.status_code, "has changed since" in page.content.decode()) == (400, True)
    assert not Session.objects.exists()
    agreed = client.post(f"/p/{study.id}/", {"visitor": page.context["visitor"], "consent": page.context["shown"]})
    assert agreed.status_code == 302


@pytest.mark.parametrize(
    ("query", "field"),
    [("studies?limt=3", "limt"), ("studies?limit=x", "limit"), ("studies?limit=0", "limit"), ("runs?limit=1001", "limit"),
     ("units?offset=-1", "offset")],
)  # fmt: skip
def test_list_that_is_asked_wrongly_is_refused(query, field):
    answer = client_of(User.objects.create_superuser("researcher")).get(f"/api/v1/{query}")

    assert (answer.status_code, answer.json()["field"]) == (400, field)
    assert answer.json()["remedy"]


def test_study_in_which_somebody_began_is_not_deleted_another_is(researcher, study):
    empty, unwanted = made_up.study(), made_up.study()
    rule_set_create(unwanted, {})
    made_up.session(study)

    offered = [researcher.get(f"/admin/studies/study/{each.id}/delete/").status_code for each in (study, empty)]
    researcher.post(f"/admin/studies/study/{unwanted.id}/delete/", {"post": "yes"})
    together = researcher.post("/admin/studies/study/", {"action": "delete_selected", "_selected_action": [study.id]})

    assert offered == [403, 200]
    assert together.status_code == 302
    assert set(Study.objects.values_list("id", flat=True)) == {study.id, empty.id}


def test_login_leads_to_the_admin(client):
    User.objects.create_superuser("researcher", password="a long one, and good")

    answer = client.post("/admin/login/", {"username": "researcher", "password": "a long one, and good"})

    assert answer.headers["Location"] == "/admin/"


class Asked:
    """What gunicorn's answer looks at of a request."""

    method = "POST"

    def should_close(self) -> bool:
        return False


def test_body_that_was_not_read_ends_its_connection(browser, rf, study, monkeypatch):
    client, _ = browser(study)
    cookies = "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())
    headers = {"x-csrftoken": TOKEN, "cookie": f"{cookies}; csrftoken={TOKEN}"}
    request = rf.post(f"/p/{study.id}/instructions", b" " * 20_000, content_type="application/json", headers=headers)
    answer = GunicornResponse(Asked(), None, Config())
    # As Django's own test client does: the test's transaction is on this connection.
    monkeypatch.setattr(request_started, "receivers", [])

    application(request.environ, answer.start_response)

    assert answer.status_code == 413
    assert answer.should_close()


@pytest.mark.parametrize(
    ("statement", "code", "says"),
    [
        ("raise KeyboardInterrupt", 130, "Interrupted"),
        ("from django.db import connection; connection.cursor().execute('SELECT 1 FROM nowhere')", 2, "manage.py migrate"),
    ],
)
@pytest.mark.usefixtures("logs_as_before")
def test_command_ends_without_a_traceback(statement, code, says, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["manage.py", "shell", "--no-imports", "--command", statement])

    with pytest.raises(SystemExit) as ended:
        main()

    (line,) = capsys.readouterr().err.splitlines()
    assert ended.value.code == code
    assert says in line


@pytest.mark.usefixtures("logs_as_before")
@pytest.mark.django_db(transaction=True)
def test_command_without_its_database_says_so_in_one_line(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["manage.py", "export_truth", "--study", "any"])

    with unreachable_database(), pytest.raises(SystemExit) as ended:
        main()

    (line,) = capsys.readouterr().err.splitlines()
    assert ended.value.code == 2
    assert "DATABASE_URL" in line
