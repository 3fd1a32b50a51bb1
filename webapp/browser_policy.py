"""What browsers may do on our pages. The settings read it once; the middleware here sends what Django and django-csp do not."""

from collections.abc import Callable
from typing import Any

from csp.constants import NONE, SELF
from django.http import HttpRequest, HttpResponse

# Nothing that a study of pictures needs; `fullscreen` is left, for the full screen of a laboratory's browser.
DENIED = (
    *("accelerometer", "autoplay", "camera", "display-capture", "encrypted-media"),
    *("gamepad", "geolocation", "gyroscope", "hid", "idle-detection", "local-fonts", "magnetometer", "microphone", "midi"),
    *("payment", "publickey-credentials-get", "screen-wake-lock", "serial", "storage-access", "usb", "xr-spatial-tracking"),
)
HEADERS = {
    # Every page is isolated from other origins, which also gives participants' browsers their finer clock.
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": ", ".join(f"{feature}=()" for feature in DENIED),
}


def browser_settings(*, https: bool) -> dict[str, Any]:
    """Django's and django-csp's settings; `https` says that the site is reached through TLS alone."""
    return {
        "CONTENT_SECURITY_POLICY": {
            "DIRECTIVES": {
                "default-src": [NONE],
                "script-src": [SELF],
                "style-src": [SELF],
                "img-src": [SELF, "blob:", "data:"],
                "font-src": [SELF],
                "connect-src": [SELF],
                "form-action": [SELF],
                "base-uri": [NONE],
                "frame-ancestors": [NONE],
            }
        },
        # Only told: jsPsych empties the screen by innerHTML; jQuery, SelectBox of the admin and Swagger write to it.
        "CONTENT_SECURITY_POLICY_REPORT_ONLY": {"DIRECTIVES": {"default-src": None, "require-trusted-types-for": ["'script'"]}},
        # Not "no-referrer": browsers then send `Origin: null` with the consent form, and the CSRF check refuses it.
        "SECURE_REFERRER_POLICY": "same-origin",
        "SECURE_CONTENT_TYPE_NOSNIFF": True,
        "X_FRAME_OPTIONS": "DENY",
        # Behind TLS, as in docker/compose.yml, cookies are secure and everything else is redirected.
        "SECURE_PROXY_SSL_HEADER": ("HTTP_X_FORWARDED_PROTO", "https") if https else None,
        "SECURE_SSL_REDIRECT": https,
        "SESSION_COOKIE_SECURE": https,
        "CSRF_COOKIE_SECURE": https,
        "SECURE_HSTS_SECONDS": 31_536_000 if https else 0,
        "SECURE_HSTS_INCLUDE_SUBDOMAINS": https,
    }


class BrowserPolicyMiddleware:
    """Sends `HEADERS` with every answer; Django's SecurityMiddleware sends COOP `same-origin`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Add the headers."""
        response = self.get_response(request)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        return response
