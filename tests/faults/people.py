"""Participants who take part whatever happens to the site, and what they were told: acknowledgements and codes."""

import json
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import httpx

from experiments.contract.errors import InputError
from experiments.methods.bots import Run, TakenPartError
from experiments.methods.http_bots import TIMEOUT_SECONDS, HttpBot
from experiments.methods.observers.simple import Guessing
from experiments.methods.participant_link import Link

COMES_BACK_SECONDS = 1.0


@dataclass
class Told:
    """What the site has told its participants, seen on the wire and not by the bots."""

    acknowledged: dict[str, dict[str, Any]] = field(default_factory=dict)
    """The acknowledged answer, by trial."""
    codes: dict[str, set[str]] = field(default_factory=dict)
    """The completion codes that each participant was given."""
    contradictions: int = 0
    """Trials of which two different answers were acknowledged."""
    statuses: Counter[int] = field(default_factory=Counter)
    """Of all replies that arrived whole."""
    returns: int = 0
    """How often somebody had to open the link again."""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, name: str, response: httpx.Response) -> None:
        """Note a reply to a participant; raises what httpx raises where it breaks off, so that it counts as not received."""
        response.read()
        request = response.request
        words = request.url.path.split("/")
        with self.lock:
            self.statuses[response.status_code] += 1
            if request.method == "PUT" and response.is_success and response.json()["saved"]:
                answer = json.loads(request.content)
                first = self.acknowledged.setdefault(words[-2], answer)
                self.contradictions += first != answer
            if words[-1] == "finish" and response.is_success and response.json()["code"]:
                self.codes.setdefault(name, set()).add(response.json()["code"])


@dataclass(frozen=True, kw_only=True)
class Crowd:
    """Who takes part, and how fast."""

    link: Link
    run: Run
    told: Told
    think_seconds: float
    """Before each answer."""
    over: threading.Event
    """When set, whoever has not finished gives up."""

    def take_part(self, number: int) -> bool:
        """Take part as participant `number` until the session is finished; False if that did not come in time."""
        while not self.over.is_set():
            try:
                if self._go_through(number):
                    return True
            except TakenPartError:
                # They lost what came after the end; whether they were told their code before is counted apart.
                return True
            except InputError:
                # They lost their cookie's session or their patience, and open the link again.
                with self.told.lock:
                    self.told.returns += 1
            time.sleep(COMES_BACK_SECONDS)
        return False

    def _go_through(self, number: int) -> bool:
        participant = self.run.participant(number, Guessing())

        def think(request: httpx.Request) -> None:
            if self.over.wait(self.think_seconds if request.method == "PUT" else 0):
                raise InputError(field="link", message="the run is over", remedy="Give it more minutes")

        hooks = {"request": [think], "response": [lambda response: self.told.note(participant.name, response)]}
        headers = {"Origin": self.link.origin, "Referer": self.link.origin + self.link.base}
        with httpx.Client(base_url=self.link.origin, headers=headers, timeout=TIMEOUT_SECONDS, event_hooks=hooks) as client:
            return HttpBot(client, self.link, participant).run().finished
