"""Simulated participants who speak HTTP like a browser: consent, practice, trials, completion code. Called by the CLI.

They look at the images as far as a program does: each is fetched and its sha256 checked. Response times are drawn, not waited.
"""

import hashlib
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import httpx
import numpy as np

from experiments.contract.errors import InputError
from experiments.methods.observers import Observer
from experiments.methods.participant_link import Link, Page

TIMEOUT_SECONDS = 30.0
TRIES = 4
FIRST_PAUSE_SECONDS = 0.5
MAX_ROUNDS = 2000
"""A guessing observer may need many attempts at practice; a server that never lets it pass ends here."""
MAX_CONFLICTS = 3
FRAME = 16.7
"""ms between the frames of an ordinary screen."""


class TakenPartError(Exception):
    """The server says that this participant has finished this study before."""


class ConflictError(Exception):
    """A 409: what was sent contradicts what the server holds."""

    def __init__(self, error: InputError) -> None:
        super().__init__(str(error))
        self.error = error


@dataclass(kw_only=True)
class Outcome:
    """What came of one session, as far as the server told: in some studies it says nothing on main trials."""

    answers: int = 0
    judged: list[bool] = field(default_factory=list)
    """For each main or catch trial with feedback whether it was right."""


class TakePart(Protocol):
    """A way to take part: over HTTP here, in a real browser in `browser_bots`."""

    def __call__(self, link: Link, *, participant: str, observer: Observer, rng: np.random.Generator) -> Outcome:
        """Go through one session until the server releases the completion code.

        Raises:
            InputError: The server refuses, or an image is not what the plan says.
            TakenPartError: The participant has finished this study before.
        """


def run_sessions(
    link: Link,
    *,
    sessions: int,
    observer: Observer,
    name: str,
    seed: int,
    take_part: TakePart,
    report: Callable[[], object],
) -> tuple[list[Outcome], int]:
    """The outcomes of the finished sessions, and how many of the participants had taken part before.

    Each session has a participant and a stream of random numbers of its own, so that an interrupted run goes on.

    Raises:
        InputError: The link, the study or the server refuses.
    """
    outcomes, taken_part = [], 0
    for number in range(sessions):
        rng = np.random.default_rng([seed, number])
        try:
            outcomes.append(take_part(link, participant=participant_name(name, seed, number), observer=observer, rng=rng))
        except TakenPartError:
            taken_part += 1
        report()
    return outcomes, taken_part


def take_part_by_http(link: Link, *, participant: str, observer: Observer, rng: np.random.Generator) -> Outcome:
    """Take part without a browser; see `TakePart`."""
    # Django compares these with the address before it takes a form over TLS.
    headers = {"Origin": link.origin, "Referer": link.origin + link.base}
    with httpx.Client(base_url=link.origin, headers=headers, timeout=TIMEOUT_SECONDS) as client:
        return Bot(client, link, participant=participant, observer=observer, rng=rng).run()


def participant_name(observer: str, seed: int, number: int) -> str:
    """The id under which a simulated participant comes; the same for the same seed."""
    return f"bot-{seed}-{number}-{observer}"


class Bot:
    """One simulated participant in one study."""

    def __init__(
        self, client: httpx.Client, link: Link, *, participant: str, observer: Observer, rng: np.random.Generator
    ) -> None:
        self.client, self.link, self.participant, self.observer, self.rng = client, link, participant, observer, rng
        self.seen: set[str] = set()
        self.clock = 1000.0
        self.outcome = Outcome()

    def run(self) -> Outcome:
        """Take part; see `TakePart`."""
        self._consent()
        conflicts = 0
        for _ in range(MAX_ROUNDS):
            plan = self._json("GET", "session")
            try:
                if plan["phase"] == "finished":
                    return self.outcome
                self._go_on(plan)
            except ConflictError as conflict:
                # Another answer of ours was faster, or the phase has changed: the plan knows.
                conflicts += 1
                if conflicts > MAX_CONFLICTS:
                    raise conflict.error from conflict
        raise InputError(field="link", message=f"no end after {MAX_ROUNDS} rounds", remedy="Look at the study's practice trials")

    def _consent(self) -> None:
        page = self._send("GET", self.link.base)
        if page.status_code == httpx.codes.OK:
            form = {**Page(page.text).hidden, "kind": "bot", "participant": self.participant}
            page = self._send("POST", self.link.base, data=form)
        if page.status_code == httpx.codes.CONFLICT:
            raise TakenPartError
        if not page.is_redirect:
            message = Page(page.text).text or f"the server answered {page.status_code}"
            raise InputError(field="link", message=message, remedy="Check the link, and that the study is open")

    def _go_on(self, plan: Mapping[str, Any]) -> None:
        if plan["phase"] == "instructions":
            self._look_at(plan["example"])
            self._json("POST", "instructions", json={"duration": round(float(self.rng.uniform(20_000, 60_000)), 1)})
        elif plan["phase"] == "practice":
            self._answer(plan["practice"]["trials"], plan["presentation"])
            self._json("POST", "practice", json={})
        else:
            told = self._answer(plan["main"]["trials"], plan["presentation"])
            self.outcome.judged += [correct for correct in told if correct is not None]
            self._json("POST", "finish", json={})

    def _answer(self, trials: Sequence[Mapping[str, Any]], presentation: Mapping[str, Any]) -> list[bool | None]:
        """Answer what is not answered yet; for each answer what the server says of it."""
        told = []
        for trial in trials:
            if not trial["answered"]:
                images = self._look_at(trial)
                decision = self.observer.decide(images, rng=self.rng)
                rt = max(decision.rt, float(presentation["answer_lock"]))
                body = {"choice": decision.choice, "confidence": decision.confidence, "rt": rt, **self._evidence(rt)}
                told.append(self._json("PUT", f"trials/{trial['id']}/answer", json=body)["correct"])
                self.outcome.answers += 1
        return told

    def _evidence(self, rt: float) -> dict[str, Any]:
        """What a browser would send along, on a performance timeline that goes on with the session."""
        onset, self.clock = self.clock, self.clock + rt + float(self.rng.uniform(1500, 2500))
        return {
            "key": str(uuid.UUID(bytes=self.rng.bytes(16), version=4)),
            "input": "mouse",
            "onset": round(onset, 1),
            "second_frame": round(onset + FRAME, 1),
            "event_time": round(onset + rt, 1),
            "handler_time": round(onset + rt + float(self.rng.uniform(0.2, 3)), 1),
            "refresh_interval": FRAME,
            "dropped_frames": 0,
            "focus_losses": 0,
            "viewport_width": 1280,
            "viewport_height": 720,
            "cross_origin_isolated": False,
        }

    def _look_at(self, trial: Mapping[str, Any]) -> dict[str, str]:
        """Fetch the images of a trial, each once a session, and return their sha256 by place."""
        for image in trial["images"].values():
            if image["sha256"] not in self.seen:
                answer = self._send("GET", image["url"])
                if hashlib.sha256(answer.content).hexdigest() != image["sha256"] or len(answer.content) != image["size"]:
                    message = f"an image is not what the plan says (status {answer.status_code})"
                    raise InputError(field="image", message=message, remedy="Look at the server's log and its artifact store")
                self.seen.add(image["sha256"])
        return {place: image["sha256"] for place, image in trial["images"].items()}

    def _json(self, method: str, path: str, **body: Any) -> Any:
        answer = self._send(method, self.link.base + path, **body)
        if answer.is_success:
            return answer.json() if answer.content else None
        try:
            told = answer.json()
            error = InputError(field=told["field"], message=told["message"], remedy=told["remedy"])
        except (ValueError, KeyError, TypeError):
            message = f"the server answered {answer.status_code} to {method} {path}"
            error = InputError(field="link", message=message, remedy="Look at the server's log")
        raise ConflictError(error) if answer.status_code == httpx.codes.CONFLICT else error

    def _send(self, method: str, path: str, **body: Any) -> httpx.Response:
        """One request, tried again while the server is out of reach or in trouble: all of them may be sent twice."""
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
