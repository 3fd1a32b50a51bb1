"""What the OpenAPI document says of all operations alike: how one is let in, and how errors look. drf-spectacular calls it."""

from typing import Any

from drf_spectacular.contrib.knox_auth_token import KnoxTokenScheme
from drf_spectacular.extensions import OpenApiAuthenticationExtension

ERRORS = {
    "400": "The request is not understood; `field` says where",
    "401": "Nobody is logged in, or the token is wrong, expired or revoked",
    "403": "The right or the scope is missing",
    "404": "There is no such thing, or it is not yours",
    "406": "JSON alone is served",
    "413": "The body is too large",
    "415": "The body is not JSON",
    "429": "Too often; try again after `Retry-After` seconds",
    "503": "The database or the queue is out of reach or full; try again after `Retry-After` seconds",
}
HTML = "text/html"
"""Of a wrong address among the participants' pages."""
OF_BODIES = {"413", "415"}


class TokenScheme(KnoxTokenScheme):
    """`Authorization: Token …`."""

    target_class = "webapp.tokens.authentication.ApiTokenAuthentication"
    name = "token"
    priority = 1


class ParticipantScheme(OpenApiAuthenticationExtension):
    """The cookie of a study."""

    target_class = "webapp.studies.participant.api.SessionAuthentication"
    name = "participant"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        """Each study has a cookie of its own name."""
        return {"type": "apiKey", "in": "cookie", "name": "unitscope_<study>", "description": "Writes need `X-CSRFToken`, too"}


def document_errors(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """Add the errors that every operation can answer with."""
    for path, operations in result["paths"].items():
        for operation in operations.values():
            codes = set(ERRORS) - (set() if "requestBody" in operation else OF_BODIES)
            for code in sorted(codes):
                content: dict[str, Any] = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
                if code == "404" and not path.startswith("/api/"):
                    content[HTML] = {"schema": {"type": "string"}}
                operation["responses"].setdefault(code, {"description": ERRORS[code], "content": content})
    return result
