"""How a simulated participant speaks with the server: requests tried again, refusals told apart, images checked."""

import hashlib
import random
import time
from typing import Any

import httpx

from experiments.contract.errors import InputError
from experiments.methods.observers.seen import SeenImage
from experiments.methods.participant_link import Link

FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.5, 15.0
"""As in the browser's outbox: doubled at each failure."""
FIRST_TRIES = 4
"""So often a server is asked that has never answered: the link may be wrong."""
PATIENCE_SECONDS = 600.0
"""For so long a server is asked again that has answered before: it comes back, and an answer must not be lost."""


class ConflictError(Exception):
    """A 409: what was sent contradicts what the server holds."""

    def __init__(self, error: InputError) -> None:
        super().__init__(str(error))
        self.error = error


class ParticipantHttp:
    """Speaks for one participant; the client keeps their cookies."""

    def __init__(self, client: httpx.Client, link: Link) -> None:
        self.client, self.link = client, link
        self.was_reached = False

    def json(self, method: str, path: str, **body: Any) -> Any:
        """The JSON of an answer below the study's path; None where the answer has no body.

        Raises:
            InputError: The server refuses, or is out of reach.
            ConflictError: What was sent contradicts what it holds.
        """
        answer = self.send(method, self.link.base + path, **body)
        if answer.is_success:
            return answer.json() if answer.content else None
        try:
            told = answer.json()
            error = InputError(field=told["field"], message=told["message"], remedy=told["remedy"])
        except (ValueError, KeyError, TypeError):
            message = f"the server answered {answer.status_code} to {method} {path}"
            error = InputError(field="link", message=message, remedy="Look at the server's log")
        raise ConflictError(error) if answer.status_code == httpx.codes.CONFLICT else error

    def image(self, planned: dict[str, Any]) -> SeenImage:
        """An image of the plan.

        Raises:
            InputError: It is not what the plan says.
        """
        started = time.perf_counter()
        answer = self.send("GET", planned["url"])
        seconds = time.perf_counter() - started
        sha256 = hashlib.sha256(answer.content).hexdigest()
        if sha256 != planned["sha256"] or len(answer.content) != planned["size"]:
            message = f"an image is not what the plan says (status {answer.status_code})"
            raise InputError(field="image", message=message, remedy="Look at the server's log and its artifact store")
        return SeenImage(sha256=sha256, content=answer.content, url=planned["url"], headers=dict(answer.headers), seconds=seconds)

    def send(self, method: str, path: str, **body: Any) -> httpx.Response:
        """One request, sent again while the server is out of reach or in trouble: all of them may be sent twice.

        Raises:
            InputError: It stays so.
        """
        started, failures = time.monotonic(), 0
        while isinstance(answer := self._tried(method, path, **body), str):
            failures += 1
            waited = time.monotonic() - started
            if waited > PATIENCE_SECONDS or (failures == FIRST_TRIES and not self.was_reached):
                message = f"{self.link.origin} gave nothing in {failures} tries and {waited:.0f} s ({answer})"
                raise InputError(field="link", message=message, remedy="Check that the server runs and is reached from here")
            time.sleep(pause(failures))
        self.was_reached = True
        return answer

    def _tried(self, method: str, path: str, **body: Any) -> httpx.Response | str:
        """The answer to one request, or why there is none that counts."""
        token = self.client.cookies.get("csrftoken")
        try:
            answer = self.client.request(method, path, headers={"X-CSRFToken": token} if token else {}, **body)
        except httpx.TransportError as error:
            return str(error) or type(error).__name__
        if answer.status_code >= 500 or answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
            return f"the server answered {answer.status_code}"
        return answer


def pause(failures: int) -> float:
    """Seconds to wait after so many failures in a row; with jitter, so that many participants do not come back at one moment."""
    longest = min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2.0 ** (failures - 1))
    return longest * random.uniform(0.5, 1)  # noqa: S311 -- not a secret; and not of the observer's own numbers, which a seed fixes
