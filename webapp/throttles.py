"""How often somebody may ask: counted in the shared cache, answered with 429 and `Retry-After`. The rates are settings."""

import logging
import math
from typing import Any

from django.conf import settings
from django.core.cache import caches
from django.http import HttpRequest
from django.utils.connection import ConnectionProxy
from redis.exceptions import RedisError
from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle

from webapp.addresses import address_hash, is_this_machine
from webapp.tokens.models import ApiToken

log = logging.getLogger(__name__)


class Throttle(SimpleRateThrottle):
    """Its rate is `settings.RATES[scope]`, such as `60/min`; an empty one sets no limit."""

    def get_rate(self) -> str | None:
        """The rate as it is set now."""
        return settings.RATES[str(self.scope)] or None

    def allow_request(self, request: Any, view: Any) -> bool:
        """Whether there were few enough. Without its cache the server goes on: a lost answer is worse than one too many."""
        try:
            return bool(super().allow_request(request, view))
        except (RedisError, OSError) as error:
            log.warning("nobody is counted, since the cache fails: %s", error)
            return True


class StartThrottle(Throttle):
    """How many sessions begin from one address; a room of students behind one address must get in. Not for this machine."""

    scope = "start"

    def get_cache_key(self, request: HttpRequest, view: Any) -> str | None:
        """By the hash of the address."""
        return None if is_this_machine(request) else f"start-{address_hash(request)}"


def start_wait(request: HttpRequest) -> int:
    """The seconds after which another session may begin from this address; 0: now, and it is counted."""
    throttle = StartThrottle()
    return 0 if throttle.allow_request(request, None) else math.ceil(throttle.wait() or 1)


class AnswerThrottle(Throttle):
    """How much one session sends. Simulated participants answer as fast as they can, count nowhere, and are not limited."""

    scope = "answer"
    cache = ConnectionProxy(caches, "answers")  # type: ignore[assignment]  # it stands for a cache

    def get_cache_key(self, request: Request, view: Any) -> str | None:
        """By the session; what only reads is free."""
        session: Any = request.user
        return None if request.method in ("GET", "HEAD") or session.kind == "bot" else f"answer-{session.id}"


class TokenThrottle(Throttle):
    """How often one token is used; browsers that are logged in show pages full of pictures, and are not limited."""

    scope = "token"

    def get_cache_key(self, request: Request, view: Any) -> str | None:
        """By the token's hash."""
        return f"token-{request.auth.digest}" if isinstance(request.auth, ApiToken) else None
