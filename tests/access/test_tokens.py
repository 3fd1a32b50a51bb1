"""Tokens: made once, shown once, noted when used, gone when revoked, and no word of them in the log."""

import logging
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from tests.webapp.tokens import client_of, token_of
from webapp.participants.models import AuditEntry
from webapp.tokens.models import ApiToken, Scope

pytestmark = [pytest.mark.integration, pytest.mark.django_db]
STUDIES = "/api/v1/studies"


def researcher(*codenames: str) -> User:
    user = User.objects.create_user("researcher", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    return user


def test_token_made_in_the_admin_is_shown_once_and_opens_what_its_scope_says() -> None:
    client, user = Client(), researcher("add_apitoken", "view_apitoken", "delete_apitoken", "view_study", "view_artifact")
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")

    made = client.post("/admin/tokens/apitoken/add/", {"name": "laptop", "scopes": [Scope.READ_STUDIES], "days": 7})
    token = made.context["token"]
    program = Client(headers={"Authorization": f"Token {token}"})

    assert made.status_code == 200
    assert "no-store" in made.headers["Cache-Control"]
    assert program.get(STUDIES).status_code == 200
    assert program.get("/api/v1/models").status_code == 403
    assert token not in client.get("/admin/tokens/apitoken/").content.decode()
    assert ApiToken.objects.get().expiry - timezone.now() > timedelta(days=6)
    assert AuditEntry.objects.get().details == {"name": "laptop", "scopes": ["read:studies"], "days": 7}


def test_deleted_token_opens_nothing() -> None:
    user = researcher("view_study", "view_apitoken", "delete_apitoken")
    program, browser = client_of(user), Client()
    browser.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    before = program.get(STUDIES).status_code

    browser.post(f"/admin/tokens/apitoken/{ApiToken.objects.get().pk}/delete/", {"post": "yes"})

    assert (before, program.get(STUDIES).status_code) == (200, 401)


def test_use_is_noted_at_most_once_a_minute() -> None:
    program = client_of(researcher("view_study"))
    program.get(STUDIES)
    first = ApiToken.objects.get().last_used_at
    program.get(STUDIES)
    again = ApiToken.objects.get().last_used_at
    ApiToken.objects.update(last_used_at=timezone.now() - timedelta(minutes=2))
    program.get(STUDIES)

    assert first is not None
    assert again == first
    assert ApiToken.objects.get().last_used_at > first


def test_token_is_never_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    token = token_of(researcher("view_study"))
    program = Client(headers={"Authorization": f"Token {token}"})

    statuses = [program.get(url).status_code for url in (STUDIES, "/api/v1/models", "/api/v1/nothing")]

    assert statuses == [200, 403, 404]
    assert token not in caplog.text


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["--user", "nobody", "--scope", "read:studies"], "nobody"),
        (["--user", "researcher", "--scope", "read:everything"], "read:everything"),
        (["--user", "researcher", "--scope", "read:studies", "--days", "0"], "days"),
        (["--user", "researcher", "--scope", "read:studies", "--days", "nan"], "days"),
        (["--user", "researcher", "--scope", "read:studies", "--days", "367"], "days"),
        (["--user", "left", "--scope", "read:studies"], "left"),
        (["--user", "participant", "--scope", "read:studies"], "participant"),
    ],
)
def test_token_that_cannot_be_is_refused(words: list[str], named: str, capsys: pytest.CaptureFixture[str]) -> None:
    researcher()
    User.objects.create_user("left", is_staff=True, is_active=False)
    User.objects.create_user("participant")

    with pytest.raises(SystemExit):
        call_command("token_create", *words)

    assert named in capsys.readouterr().err
    assert not ApiToken.objects.exists()
