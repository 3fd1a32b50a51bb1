"""How often participants may begin, answer and ask for their plan. The pages of entry and the participants' interface ask."""

import math
from typing import Any

from django.core.cache import caches
from django.http import HttpRequest
from django.utils.connection import ConnectionProxy
from rest_framework.request import Request

from webapp.addresses import address_hash, is_this_machine
from webapp.throttles import Throttle


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
        """By the session; what only reads is free, but for the plan."""
        session: Any = request.user
        return None if request.method in ("GET", "HEAD") or session.kind == "bot" else f"answer-{session.id}"


class PlanThrottle(AnswerThrottle):
    """How often one session asks for its plan, by which it notes the tab that goes on."""

    scope = "plan"

    def get_cache_key(self, request: Request, view: Any) -> str | None:
        """By the session."""
        session: Any = request.user
        return None if session.kind == "bot" else f"plan-{session.id}"
