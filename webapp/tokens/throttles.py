"""How often a token is used. DRF asks for every request to the REST interface."""

from typing import Any

from rest_framework.request import Request

from webapp.throttles import Throttle
from webapp.tokens.models import ApiToken


class TokenThrottle(Throttle):
    """How often one token is used; browsers that are logged in show pages full of pictures, and are not limited."""

    scope = "token"

    def get_cache_key(self, request: Request, view: Any) -> str | None:
        """By the token's hash."""
        return f"token-{request.auth.digest}" if isinstance(request.auth, ApiToken) else None
