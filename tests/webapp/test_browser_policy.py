"""What browsers are told comes with every answer: each address of the site, and each kind of error."""

from collections.abc import Iterator
from uuid import UUID

import pytest
import pytest_django
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, path

from tests.webapp import made_up
from webapp.browser_policy import browser_settings

pytestmark = [pytest.mark.integration, pytest.mark.django_db]
FORBIDDEN = ("unsafe-inline", "unsafe-eval", "http:", "https:", "*", "strict-dynamic")
FILLED_IN = {"uuid": str(UUID(int=7)), "int": "1", "path": "a/b", "str": "ab", "slug": "ab"}


def broken(request: HttpRequest) -> HttpResponse:
    """Stands for a fault of ours."""
    raise RuntimeError("a fault")


urlpatterns = [path("broken", broken)]


def addresses(patterns: list[URLPattern | URLResolver], before: str = "/") -> Iterator[str]:
    """An address of every pattern, made-up ids filled in."""
    for pattern in patterns:
        route = str(pattern.pattern)
        for name, converter in pattern.pattern.converters.items():
            kind = type(converter).__name__.removesuffix("Converter").lower().replace("string", "str")
            for written in (f"<{kind}:{name}>", f"<{name}>"):
                route = route.replace(written, FILLED_IN[kind])
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern.url_patterns, before + route)
        elif "(?P" not in route:
            yield before + route


def policy(response: HttpResponse) -> dict[str, list[str]]:
    header = response.headers["Content-Security-Policy"]
    return {name: values for name, *values in (part.split() for part in header.split(";"))}


def assert_guarded(response: HttpResponse, *, where: str) -> None:
    told = policy(response)
    assert told["default-src"] == ["'none'"], where
    assert told["base-uri"] == ["'none'"], where
    assert told["script-src"] == told["style-src"] == told["connect-src"] == ["'self'"], where
    assert told["frame-ancestors"] == ["'none'"], where
    assert not [word for words in told.values() for word in words if word.strip("'") in FORBIDDEN], where
    assert "require-trusted-types-for 'script'" in response.headers["Content-Security-Policy-Report-Only"], where
    assert response.headers["X-Content-Type-Options"] == "nosniff", where
    assert response.headers["X-Frame-Options"] == "DENY", where
    assert response.headers["Referrer-Policy"] == "same-origin", where
    assert response.headers["Cross-Origin-Opener-Policy"] == "same-origin", where
    assert response.headers["Cross-Origin-Embedder-Policy"] == "require-corp", where
    assert response.headers["Cross-Origin-Resource-Policy"] == "same-origin", where
    for feature in ("camera", "microphone", "geolocation", "usb", "payment"):
        assert f"{feature}=()" in response.headers["Permissions-Policy"], where


def test_every_address_is_guarded_and_no_made_up_id_is_a_fault(researcher: Client) -> None:
    found = sorted(set(addresses(get_resolver().url_patterns)))

    assert len(found) > 150
    for address in found:
        # The frame is for Mechanical Turk's studies alone, and these addresses have none.
        response = researcher.get(address)
        # A 503 is no fault: readiness says so where no worker is heard of.
        assert response.status_code in (503, *range(200, 500)), address
        assert_guarded(response, where=address)


@pytest.mark.parametrize(
    ("address", "sent", "status"),
    [
        ("/nowhere", {}, 404),
        ("/api/v1/nowhere", {}, 404),
        ("/%00/..%2f..%2fetc/passwd", {}, 404),
        ("/admin/login/", {"HTTP_HOST": "evil.example"}, 400),
        ("/api/v1/studies", {}, 401),
    ],
)
def test_errors_are_guarded(client: Client, address: str, sent: dict[str, str], status: int) -> None:
    response = client.get(address, **sent)

    assert response.status_code == status
    assert_guarded(response, where=address)


def test_form_that_is_too_large_is_refused_and_guarded(client: Client) -> None:
    response = client.post("/admin/login/", {"username": "x" * 3_000_000})

    assert response.status_code == 400
    assert_guarded(response, where="login")


def test_method_that_is_not_taken_is_guarded(browser) -> None:
    client, session = browser(made_up.study())

    response = client.delete(f"/p/{session.study_id}/session")

    assert response.status_code in (403, 405)
    assert_guarded(response, where="session")


def test_fault_of_ours_is_guarded_and_tells_nothing(settings: pytest_django.Settings) -> None:
    settings.ROOT_URLCONF = __name__

    response = Client(raise_request_exception=False).get("/broken")

    assert response.status_code == 500
    assert b"a fault" not in response.content
    assert_guarded(response, where="500")


def test_tls_is_asked_for_where_there_is_tls(client: Client, settings: pytest_django.Settings) -> None:
    for name, value in browser_settings(https=True).items():
        setattr(settings, name, value)

    plain = client.get("/admin/login/")
    secure = client.get("/admin/login/", HTTP_X_FORWARDED_PROTO="https")

    assert (plain.status_code, plain.headers["Location"]) == (301, "https://testserver/admin/login/")
    assert secure.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"
    assert secure.cookies["csrftoken"]["secure"]
