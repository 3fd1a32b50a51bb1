"""How a simulated participant speaks with the server: requests tried again, refusals told apart, images checked."""

import hashlib
import time
from typing import Any

import httpx

from experiments.contract.errors import InputError
from experiments.methods.observers.seen import SeenImage
from experiments.methods.participant_link import Link

TRIES = 4
FIRST_PAUSE_SECONDS = 0.5


class ConflictError(Exception):
    """A 409: what was sent contradicts what the server holds."""

    def __init__(self, error: InputError) -> None:
        super().__init__(str(error))
        self.error = error


class ParticipantHttp:
    """Speaks for one participant; the client keeps their cookies."""

    def __init__(self, client: httpx.Client, link: Link) -> None:
        self.client, self.link = client, link

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
        """One request, tried again while the server is out of reach or in trouble: all of them may be sent twice.

        Raises:
            InputError: It stays so.
        """
        reason = ""
        for attempt in range(TRIES):
            if attempt:
                time.sleep(FIRST_PAUSE_SECONDS * 2 ** (attempt - 1))
            token = self.client.cookies.get("csrftoken")
            try:
                answer = self.client.request(method, path, headers={"X-CSRFToken": token} if token else {}, **body)
            except httpx.TransportError as error:
                reason = str(error) or type(error).__name__
                continue
            if answer.status_code < 500 and answer.status_code != httpx.codes.TOO_MANY_REQUESTS:
                return answer
            reason = f"the server answered {answer.status_code}"
        message = f"{self.link.origin} gave nothing in {TRIES} tries ({reason})"
        raise InputError(field="link", message=message, remedy="Check that the server runs and is reached from here")
