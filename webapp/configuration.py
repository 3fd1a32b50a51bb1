"""What a deployment is told wrongly is refused when its first process starts. The settings call it."""

import math
import re
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

from django.core.exceptions import ImproperlyConfigured
from environ import Env, FileAwareMapping

Number = TypeVar("Number", int, float)

KEY_LENGTH = 50
KEY_LETTERS = 5
ADDRESS_PART = re.compile(r"[\w-]+(/[\w-]+)*", re.ASCII)
TAKEN = frozenset(
    ["api", "circuits", "erase", "explorer", "healthz", "hooks", "lineage", "metrics", "p", "readyz", "runs", "static", "studies"]
)
"""What other addresses of the site begin with."""
RATE = re.compile(r"[1-9][0-9]*/(s|sec|second|m|min|minute|h|hour|d|day)", re.ASCII)


class Variables(FileAwareMapping):
    """The environment, where each variable may also lie in a file: SECRET_KEY_FILE=/run/secrets/key."""

    def __getitem__(self, name: str) -> str:
        """Read a variable.

        Raises:
            ImproperlyConfigured: Its file cannot be read.
        """
        try:
            value: str = super().__getitem__(name)
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "it is no text"
            path = self.env[f"{name}_FILE"]
            raise ImproperlyConfigured(
                f"{name}_FILE is {path!r}, which cannot be read ({reason}): check path and rights"
            ) from error
        return value


class Environment(Env):
    """What the settings read."""

    ENVIRON = Variables()


def database(env: Env, *, default: str) -> dict[str, Any]:
    """What DATABASE_URL names; a file of SQLite is made here, so that only its owner may read it.

    Raises:
        ImproperlyConfigured: It names neither PostgreSQL nor a file of SQLite.
    """
    with warnings.catch_warnings():
        # It would show the password of a URL that it cannot read.
        warnings.simplefilter("ignore")
        found: dict[str, Any] = env.db("DATABASE_URL", default=default)
    if not found.get("ENGINE", "").endswith((".postgresql", ".sqlite3")) or not found["NAME"]:
        forms = "postgres://user:password@host:5432/name or sqlite:////folder/file.sqlite3"
        raise ImproperlyConfigured(f"DATABASE_URL names no database that unitscope knows: give {forms}, or leave it out")
    if found["ENGINE"].endswith(".sqlite3") and found["NAME"] != ":memory:" and not Path(found["NAME"]).exists():
        Path(found["NAME"]).parent.mkdir(parents=True, exist_ok=True)
        Path(found["NAME"]).touch(mode=0o600)
    return found


def require_safe(*, secret_key: str, debug: bool, allowed_hosts: Sequence[str]) -> None:
    """Of a site that is reached from outside, behind TLS.

    Raises:
        ImproperlyConfigured: A variable of the environment would open it; says which, and what to set.
    """
    if len(secret_key) < KEY_LENGTH or len(set(secret_key)) < KEY_LETTERS or secret_key.startswith("django-insecure-"):
        make = "python -c 'import secrets; print(secrets.token_urlsafe(48))'"
        raise ImproperlyConfigured(f"SECRET_KEY can be guessed: with HTTPS=1 it needs {KEY_LENGTH} characters. Make one: {make}")
    if debug:
        raise ImproperlyConfigured("DEBUG shows tracebacks to everybody: with HTTPS=1 leave it out")
    if not allowed_hosts or "*" in allowed_hosts:
        raise ImproperlyConfigured("ALLOWED_HOSTS takes any host's name for ours: with HTTPS=1 list the names that people type")


def require_choice(name: str, value: str, choices: Sequence[str]) -> str:
    """The value of a variable that has few.

    Raises:
        ImproperlyConfigured: It is none of them.
    """
    if value not in choices:
        raise ImproperlyConfigured(f"{name} is {value!r}: choose among {', '.join(choices)}")
    return value


def address_part(name: str, value: str) -> str:
    """A variable's path below the site, with the slash that ends it.

    Raises:
        ImproperlyConfigured: It is none, or other pages lie there.
    """
    path = value.strip("/")
    if not ADDRESS_PART.fullmatch(path):
        raise ImproperlyConfigured(f"{name} is {value!r}: give letters, digits and hyphens, such as staff-only")
    if path.partition("/")[0] in TAKEN:
        raise ImproperlyConfigured(f"{name} is {value!r}, where other pages lie: give another, such as staff-only")
    return f"{path}/"


def rate(name: str, value: str) -> str:
    """How often something may be done; empty: without a limit.

    Raises:
        ImproperlyConfigured: It is no rate.
    """
    if value and not RATE.fullmatch(value):
        raise ImproperlyConfigured(f"{name} is {value!r}: give a number for each s, min, hour or day, such as 60/min, or nothing")
    return value


def at_least(name: str, value: str, *, low: Number) -> Number:
    """A number, whole if `low` is.

    Raises:
        ImproperlyConfigured: It is none, or lower.
    """
    try:
        number = type(low)(value)
    except ValueError:
        number = None
    if number is None or not low <= number < math.inf:
        raise ImproperlyConfigured(f"{name} is {value!r}: give a {'whole ' * isinstance(low, int)}number, {low:g} or more")
    return number
