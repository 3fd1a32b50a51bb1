"""Simulated participants who speak HTTP like a browser: consent, instructions, practice, trials, completion code."""

import uuid
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

import httpx

from experiments.contract.errors import InputError
from experiments.methods.bots import Outcome, Simulated, TakenPartError
from experiments.methods.observers.seen import Phase, SeenTrial
from experiments.methods.participant_http import ConflictError, ParticipantHttp
from experiments.methods.participant_link import Link, Page
from experiments.methods.session_plan import Plan, answer_lock, is_rating, phase, seen_trial

TIMEOUT_SECONDS = 30.0
MAX_ROUNDS = 2000
"""A guessing observer may need many attempts at practice; a server that never lets it pass ends here."""
MAX_CONFLICTS = 3
FRAME = 16.7
"""ms between the frames of an ordinary screen."""


class _LeftError(Exception):
    """The participant closes the window."""


def take_part_by_http(link: Link, participant: Simulated) -> Outcome:
    """Take part without a browser; see `bots.TakePart`."""
    # Django compares these with the address before it takes a form over TLS.
    headers = {"Origin": link.origin, "Referer": link.origin + link.base}
    with httpx.Client(base_url=link.origin, headers=headers, timeout=TIMEOUT_SECONDS) as client:
        return HttpBot(client, link, participant).run()


class HttpBot:
    """One simulated participant in one study."""

    def __init__(self, client: httpx.Client, link: Link, participant: Simulated) -> None:
        self.http, self.link, self.participant = ParticipantHttp(client, link), link, participant
        self.observer, self.rng = participant.observer, participant.rng
        self.clock = 1000.0
        self.outcome = Outcome()

    def run(self) -> Outcome:
        """Take part; see `bots.TakePart`."""
        self._consent()
        conflicts = 0
        steps: Mapping[str, Callable[[Plan], None]] = {
            "instructions": self._read_instructions,
            "practice": self._do_practice,
            "main": self._do_main,
        }
        for _ in range(MAX_ROUNDS):
            plan = self.http.json("GET", "session")
            try:
                if phase(plan) == "finished":
                    self.outcome.finished = True
                    return self.outcome
                steps[phase(plan)](plan)
            except _LeftError:
                return self.outcome
            except ConflictError as conflict:
                # Another answer of ours was faster, or the phase has changed: the plan knows.
                conflicts += 1
                if conflicts > MAX_CONFLICTS:
                    raise conflict.error from conflict
        raise InputError(field="link", message=f"no end after {MAX_ROUNDS} rounds", remedy="Look at the study's practice trials")

    def _consent(self) -> None:
        # Told before the consent: who calls themselves a bot needs none of what a recruiter's link says.
        page = self.http.send("GET", f"{self.link.base}?{urlencode(self.link.words)}")
        if page.status_code == httpx.codes.OK:
            told = {**self.link.words, "participant": self.participant.name, "observer": self.participant.observer_name}
            page = self.http.send("POST", self.link.base, data={**Page(page.text).hidden, **told})
        if page.status_code == httpx.codes.CONFLICT:
            raise TakenPartError
        if not page.is_redirect:
            message = Page(page.text).text or f"the server answered {page.status_code}"
            raise InputError(field="link", message=message, remedy="Check the link, and that the study is open")

    def _read_instructions(self, plan: Plan) -> None:
        for image in (plan["example"] or {"images": {}})["images"].values():
            self.http.image(image)
        self.http.json("POST", "instructions", json={"duration": round(float(self.rng.uniform(20_000, 60_000)), 1)})

    def _do_practice(self, plan: Plan) -> None:
        self._answer_all(plan, of="practice")
        self.http.json("POST", "practice", json={})

    def _do_main(self, plan: Plan) -> None:
        self._answer_all(plan, of="main")
        # The server may have laid down more trials meanwhile; then it gives no code, and the next plan holds them.
        self.http.json("POST", "finish", json={})

    def _answer_all(self, plan: Plan, *, of: Phase) -> None:
        """Answer what is not answered yet."""
        trials = plan[of]["trials"]
        for number, trial in enumerate(trials):
            if of == "main" and self.participant.leaves_before(number, count=len(trials)):
                raise _LeftError
            if not trial["answered"]:
                images = {place: self.http.image(image) for place, image in trial["images"].items()}
                seen = seen_trial(plan, trial, of=of, participant=self.participant.name, images=images)
                correct = self._answer(seen, lock=answer_lock(plan, trial, of=of))
                self.outcome.answers += 1
                if of == "main" and correct is not None:
                    self.outcome.judged.append(correct)

    def _answer(self, seen: SeenTrial, *, lock: float) -> bool | None:
        """Answer a trial and return what the server says of it."""
        path = f"trials/{seen.plan['id']}/answer"
        if is_rating(seen.plan):
            rating = self.observer.rate(seen, rng=self.rng)
            self.http.json("PUT", path, json={"rating": rating.rating, **self._evidence(lock + rating.rt)})
            return None
        decision = self.observer.decide(seen, rng=self.rng)
        body = {"choice": decision.choice, **self._evidence(lock + decision.rt)}
        if seen.asks_confidence:
            body["confidence"] = decision.confidence
        correct: bool | None = self.http.json("PUT", path, json=body)["correct"]
        if correct is not None:
            self.observer.learn(seen, decision, correct=correct)
        return correct

    def _evidence(self, rt: float) -> dict[str, Any]:
        """What a browser would send along, on a performance timeline that goes on with the session."""
        onset, rt = round(self.clock, 1), round(rt, 1)
        self.clock += rt + float(self.rng.uniform(1500, 2500))
        return {
            "rt": rt,
            "key": str(uuid.UUID(bytes=self.rng.bytes(16), version=4)),
            "input": "mouse",
            "onset": onset,
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
