"""A server that speaks the participant interface with blocks, sliders and late trials, for tests of the bots alone."""

import hashlib
import json
from typing import Any

import httpx

STUDY = "12345678-1234-1234-1234-123456789012"
BASE = f"/p/{STUDY}/"
CONSENT = '<form method="post"><input type="hidden" name="kind" value=""><input type="hidden" name="participant" value=""></form>'


def planned(name: str, *, form: str = "choice", block: int = 0) -> dict[str, Any]:
    """A trial of the plan with two queries."""
    places = ("left_0", "right_0") if form == "rating" else ("query_upper", "query_lower")
    images = {}
    for place in places:
        content = f"{name}/{place}".encode()
        about = {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        images[place] = {"url": f"{BASE}images/{name}/{place}", **about}
    return {"id": name, "form": form, "block": block, "answered": False, "images": images}


class ScriptedServer:
    """One session: instructions, one practice trial, main trials in blocks; `late` is laid down at the first finish."""

    def __init__(
        self, main: list[dict[str, Any]], *, late: list[dict[str, Any]] | None = None, phase: str = "instructions"
    ) -> None:
        self.main, self.late, self.phase = main, late or [], phase
        self.locks = [1000.0, 2000.0]
        self.practice = [planned("practice")]
        self.consent: dict[str, str] = {}
        self.answers: dict[str, dict[str, Any]] = {}
        self.calls: list[str] = []

    def client(self) -> httpx.Client:
        """A client whose requests come here."""
        return httpx.Client(base_url="http://testserver", transport=httpx.MockTransport(self._handle))

    def _handle(self, request: httpx.Request) -> httpx.Response:
        words = request.url.path.removeprefix(BASE).split("/")
        self.calls.append(words[0])
        if words == [""]:
            return self._entry(request)
        if words[0] == "images":
            return httpx.Response(200, content="/".join(words[1:]).encode(), headers={"content-type": "image/png"})
        if words[0] == "trials":
            return self._answer(words[1], json.loads(request.content))
        return getattr(self, f"_{words[0]}")()  # type: ignore[no-any-return]

    def _entry(self, request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return httpx.Response(200, text=CONSENT)
        self.consent = dict(httpx.QueryParams(request.content.decode()))
        return httpx.Response(302, headers={"location": f"{BASE}run/"})

    def _session(self) -> httpx.Response:
        blocks = [{"page": None, "presentation": {"answer_lock": lock}} for lock in self.locks]
        practice = {"attempt": 1, "trials": self._told(self.practice), "presentation": {"answer_lock": 0}}
        main = {"trials": self._told(self.main), "blocks": blocks}
        return httpx.Response(200, json={"phase": self.phase, "example": None, "practice": practice, "main": main, "code": None})

    def _told(self, trials: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [{**trial, "answered": trial["id"] in self.answers} for trial in trials]

    def _instructions(self) -> httpx.Response:
        self.phase = "practice"
        return httpx.Response(204)

    def _answer(self, trial: str, body: dict[str, Any]) -> httpx.Response:
        self.answers[trial] = body
        correct = None if "rating" in body else body["choice"] == "upper"
        return httpx.Response(200, json={"saved": True, "correct": correct})

    def _practice(self) -> httpx.Response:
        self.phase = "main"
        return httpx.Response(200, json={"passed": True})

    def _finish(self) -> httpx.Response:
        if self.late:
            self.main, self.late = [*self.main, *self.late], []
            return httpx.Response(200, json={"code": None})
        self.phase = "finished"
        return httpx.Response(200, json={"code": "ABC", "url": None})
