"""A deployment's settings: what is unsafe is refused when a process starts, and no secret lies in the repository."""

import re
import secrets
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from environ import Env

from tests.services.processes import CHECKOUT
from webapp.configuration import TAKEN, address_part, at_least, database, rate, require_choice, require_safe
from webapp.urls import urlpatterns

pytestmark = pytest.mark.unit
KEY = secrets.token_urlsafe(48)
SAFE = {"secret_key": KEY, "debug": False, "allowed_hosts": ["study.example.org"]}
PRODUCTION = {
    "SECRET_KEY": KEY,
    "HTTPS": "1",
    "DEBUG": "0",
    "ALLOWED_HOSTS": "study.example.org",
    "CSRF_TRUSTED_ORIGINS": "https://study.example.org",
    "DATABASE_URL": "postgres://unitscope:unused@127.0.0.1:1/unitscope",
    "REDIS_URL": "redis://:unused@127.0.0.1:1/0",
    "DJANGO_SETTINGS_MODULE": "webapp.settings",
}
TRACKED = subprocess.run(["git", "ls-files"], cwd=CHECKOUT, check=True, capture_output=True, text=True).stdout.splitlines()
SECRETS = {
    "a private key": r"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----",
    "a key of Amazon's": r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b",
    "a token of GitHub's": r"\bgh[pousr]_[0-9A-Za-z]{36}\b",
    "a token of PyPI's or npm's": r"\b(?:pypi-[A]gEI|npm_[0-9A-Za-z]{30})",
    "a key of Google's": r"\bAIza[0-9A-Za-z_-]{35}\b",
    "a web token": r"\beyJ[0-9A-Za-z_-]{20,}\.eyJ[0-9A-Za-z_-]{20,}",
    "a secret that is set": r"(?im)^\s*(?:export )?\w*(?:SECRET|PASSWORD|TOKEN|API_KEY)\w*=[\"']?[0-9A-Za-z+/_-]{20,}",
}


def run(*words: str, folder: Path = CHECKOUT, **environment: str) -> subprocess.CompletedProcess[str]:
    """A command with this environment and no other."""
    kept = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(CHECKOUT)}
    return subprocess.run([sys.executable, *words], cwd=folder, env={**kept, **environment}, capture_output=True, text=True)


def test_deployment_check_finds_nothing() -> None:
    done = run("manage.py", "check", "--deploy", "--fail-level", "WARNING", **PRODUCTION)

    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout


def test_production_settings_are_read_from_the_environment_alone() -> None:
    names = ("DEBUG", "ALLOWED_HOSTS", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SECURE_SSL_REDIRECT")
    words = f"import webapp.settings as settings; print(*[getattr(settings, name) for name in {names}])"

    done = run("-c", words, **PRODUCTION)

    assert done.stdout.strip() == "False ['study.example.org'] True True True", done.stderr


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"SECRET_KEY": ""}, "SECRET_KEY"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY can be guessed"),
        ({"DEBUG": "1"}, "DEBUG shows tracebacks"),
        ({"ALLOWED_HOSTS": "*"}, "ALLOWED_HOSTS takes any"),
    ],
)
def test_process_does_not_start_with_what_is_unsafe(wrong: dict[str, str], told: str) -> None:
    done = run("manage.py", "check", **{**PRODUCTION, **wrong})

    assert done.returncode != 0
    assert told in done.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    "wrong",
    [
        {"secret_key": ""},
        {"secret_key": "a" * 64},
        {"secret_key": f"django-insecure-{KEY}"},
        {"secret_key": KEY[:49]},
        {"debug": True},
        {"allowed_hosts": []},
        {"allowed_hosts": ["study.example.org", "*"]},
    ],
)
def test_what_is_unsafe_is_refused(wrong: dict[str, object]) -> None:
    require_safe(**SAFE)

    with pytest.raises(ImproperlyConfigured, match="HTTPS=1"):
        require_safe(**{**SAFE, **wrong})


def test_secret_may_stand_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(KEY)
    (tmp_path / "database").write_text("postgres://unitscope:from-a-file@127.0.0.1:1/unitscope")
    files = {"SECRET_KEY_FILE": str(tmp_path / "key"), "DATABASE_URL_FILE": str(tmp_path / "database")}
    environment = {name: value for name, value in PRODUCTION.items() if f"{name}_FILE" not in files}
    words = "import webapp.settings as s; print(s.SECRET_KEY, s.DATABASES['default']['PASSWORD'])"

    done = run("-c", words, **environment, **files)

    assert done.stdout.split() == [KEY, "from-a-file"], done.stderr


def test_repository_holds_no_secret() -> None:
    found = []
    for name in TRACKED:
        text = (CHECKOUT / name).read_text(errors="ignore") if (CHECKOUT / name).is_file() else ""
        found += [(name, what) for what, pattern in SECRETS.items() if re.search(pattern, text)]

    assert found == []


@pytest.mark.parametrize(
    "planted",
    [
        "-----BEGIN " + "PRIVATE KEY-----",
        "-----BEGIN RSA " + "PRIVATE KEY-----",
        "AKIA" + "IOSFODNN7EXAMPLE",
        "ghp_" + "a1" * 18,
        "SECRET_KEY" + "=" + "a1" * 24,
        "  POSTGRES_PASSWORD" + "='" + "x9" * 12 + "'",
    ],
)
def test_planted_secret_is_found(planted: str) -> None:
    assert any(re.search(pattern, f"first line\n{planted}\n") for pattern in SECRETS.values())


def test_files_of_secrets_are_not_tracked() -> None:
    assert [name for name in TRACKED if re.search(r"(^|/)\.env$|\.(pem|key|p12|sqlite3)$|(^|/)id_[a-z0-9]+$", name)] == []


@pytest.mark.parametrize(
    "url", ["nonsense", "", "postgre://me:hidden@host/name", "mysql://me:hidden@host/name", "postgres://host"]
)
def test_database_that_is_none_is_refused_without_its_password(
    url: str, monkeypatch: pytest.MonkeyPatch, recwarn: pytest.WarningsRecorder
) -> None:
    monkeypatch.setenv("DATABASE_URL", url)

    with pytest.raises(ImproperlyConfigured) as refused:
        database(Env(), default="sqlite:///unused")

    assert "postgres://user:password@host:5432/name" in str(refused.value)
    assert "hidden" not in str(refused.value)
    assert not recwarn


def test_file_of_the_database_is_for_its_owner_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "var" / "db.sqlite3"
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{path}")

    database(Env(), default="")

    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("name", "value", "begin"),
    [
        ("DATABASE_URL", "nonsense", "settings: DATABASE_URL"),
        ("SECRET_KEY_FILE", "/nope", "settings: SECRET_KEY_FILE is '/nope'"),
        ("LOST_SECONDS", "abc", "LOST_SECONDS: 'abc' is no time."),
        ("START_RATE", "foo", "settings: START_RATE is 'foo'"),
    ],
)
def test_settings_that_are_refused_are_one_line(name: str, value: str, begin: str) -> None:
    done = run("manage.py", "check", **{"SECRET_KEY": KEY, name: value})

    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith(begin)


@pytest.mark.parametrize("value", ["foo", "10/year", "0/min", "-1/s", "60", "60/", "1.5/s", "60/months", " 60/min"])
def test_rate_that_is_none_is_refused(value: str) -> None:
    assert [rate("START_RATE", one) for one in ("", "60/min", "5/s", "1/hour", "9/day")] == [
        "",
        "60/min",
        "5/s",
        "1/hour",
        "9/day",
    ]
    with pytest.raises(ImproperlyConfigured, match="START_RATE is"):
        rate("START_RATE", value)


@pytest.mark.parametrize(("value", "low"), [("abc", 0), ("1.5", 0), ("-1", 0), ("nan", 1.0), ("inf", 1.0), ("0.5", 1.0)])
def test_number_that_is_none_is_refused(value: str, low: float) -> None:
    assert (at_least("PROXY_HOPS", "2", low=0), at_least("STALLED_SECONDS", "1.5", low=1.0)) == (2, 1.5)
    with pytest.raises(ImproperlyConfigured, match="NUMBER is"):
        at_least("NUMBER", value, low=low)


def test_admin_lies_where_it_is_told() -> None:
    words = (
        "import django; django.setup(); from django.urls import reverse; print(reverse('admin:login'), reverse('second-factor'))"
    )

    done = run("-c", words, **PRODUCTION, ADMIN_PATH="/staff-only")

    assert done.stdout.split() == ["/staff-only/login/", "/staff-only/second-factor/"], done.stderr


def test_admin_may_not_lie_where_other_pages_do() -> None:
    included = [entry for entry in urlpatterns if not str(entry.pattern)]
    entries = [*urlpatterns, *(inner for entry in included for inner in entry.url_patterns)]

    begin = {str(entry.pattern).partition("/")[0] for entry in entries}

    assert begin - {"", "^$", settings.ADMIN_PATH.strip("/")} == TAKEN - {settings.STATIC_URL.strip("/")}


@pytest.mark.parametrize("path", ["", "/", "a b", "../up", "<str:any>", "ä", "api/v1", "static"])
def test_path_that_is_none_is_refused(path: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="ADMIN_PATH"):
        address_part("ADMIN_PATH", path)


def test_choice_that_is_none_is_refused() -> None:
    assert require_choice("STAFF_SECOND_FACTOR", "required", ("optional", "required")) == "required"
    with pytest.raises(ImproperlyConfigured, match="STAFF_SECOND_FACTOR is 'yes': choose among optional, required"):
        require_choice("STAFF_SECOND_FACTOR", "yes", ("optional", "required"))
