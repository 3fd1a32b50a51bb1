"""How often somebody may ask: counted in the shared cache, answered with 429 and `Retry-After`. The rates are settings.

Each app has its own kinds: `studies.participant.throttles`, `tokens.throttles`.
"""

import logging
from typing import Any

from django.conf import settings
from redis.exceptions import RedisError
from rest_framework.throttling import SimpleRateThrottle

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
