"""Whole sessions as browsers have them: entry, consent, plan, images, instructions, practice, main trials, code.

Started by the benchmark of load, or by hand against a site of one's own, in an environment with locust alone:

    locust -f tests/benchmarks/locustfile.py --headless --host http://127.0.0.1:8000 --study ID --users 20 --run-time 1m
"""

import hashlib
import json
import random
import re
import uuid
from pathlib import Path
from typing import Any

import gevent
from gevent.pool import Pool
from locust import FastHttpUser, events, task
from locust.argument_parser import LocustArgumentParser

HIDDEN = re.compile(r'<input type="hidden" name="([^"]*)" value="([^"]*)">')
IMAGES_AT_ONCE = 6
"""As the browser's driver fetches them."""


@events.init_command_line_parser.add_listener
def _own_options(parser: LocustArgumentParser, **_: Any) -> None:
    parser.add_argument("--study", help="id of an open study that asks for a choice with a confidence, without a recruiter")
    parser.add_argument("--pause", type=float, default=0.0, help="s that a person takes for a trial, on average")
    parser.add_argument("--record", default="", help="file for the acknowledged answers and the codes, as JSON lines")


class Participant(FastHttpUser):
    """Somebody who takes part, and is somebody else after that."""

    connection_timeout = network_timeout = 60.0

    def on_start(self) -> None:
        """Know the study and where to write."""
        options = self.environment.parsed_options
        self.base, self.pause, self.record = f"/p/{options.study}/", options.pause, options.record

    @task
    def take_part(self) -> None:
        """One session, from the link to the code."""
        self.client.cookiejar.clear()
        self.tab = str(uuid.uuid4())
        page = self.client.get(self.base, name="entry")
        self.client.post(self.base, data=dict(HIDDEN.findall(page.text)), name="consent, with the page after it")
        plan = self._ask("GET", "session", name="plan")
        self._look(plan["example"])
        self._ask("POST", "instructions", {"duration": 20_000}, name="instructions")
        self._practice(plan["practice"])
        for trial in plan["main"]["trials"]:
            self._answer(trial)
        finish = self._ask("POST", "finish", {}, name="finish")
        self._note({"code": finish["code"]})

    def _practice(self, practice: dict[str, Any]) -> None:
        """Guess until an attempt is all right."""
        passed = False
        while not passed:
            for trial in practice["trials"]:
                self._answer(trial)
            judged = self._ask("POST", "practice", {}, name="practice")
            passed, practice = judged["passed"], judged.get("practice", {})

    def _answer(self, trial: dict[str, Any]) -> None:
        self._look(trial)
        if self.pause:
            gevent.sleep(random.expovariate(1 / self.pause))
        answer = _answer()
        saved = self._ask("PUT", f"trials/{trial['id']}/answer", answer, name="answer")
        if saved["saved"]:
            self._note({"trial": trial["id"], **answer})

    def _look(self, trial: dict[str, Any]) -> None:
        Pool(IMAGES_AT_ONCE).map(self._image, trial["images"].values())

    def _image(self, image: dict[str, Any]) -> None:
        with self.client.get(image["url"], name="image", catch_response=True) as response:
            if response.ok and hashlib.sha256(response.content).hexdigest() != image["sha256"]:
                response.failure("it is not what the plan says")

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None, *, name: str) -> Any:
        """The JSON of an answer; a refusal is counted by locust and ends the session."""
        csrf = next((cookie.value for cookie in self.client.cookiejar if cookie.name == "csrftoken"), "")
        headers = {"X-CSRFToken": csrf, "X-Tab": self.tab}
        response = self.client.request(method, self.base + path, json=body, headers=headers, name=name)
        response.raise_for_status()
        return response.json() if response.content else None

    def _note(self, what: dict[str, Any]) -> None:
        if self.record:
            with Path(self.record).open("a") as file:
                file.write(json.dumps(what) + "\n")


def _answer() -> dict[str, Any]:
    """A guess, with what a browser tells of its timing."""
    rt = round(random.uniform(600, 9000), 1)
    return {
        "key": str(uuid.uuid4()),
        "choice": random.choice(("upper", "lower")),
        "confidence": random.randint(1, 3),
        "rt": rt,
        "input": "mouse",
        "onset": 1000.0,
        "second_frame": 1016.7,
        "event_time": 1000.0 + rt,
        "handler_time": 1001.0 + rt,
        "refresh_interval": 16.7,
        "dropped_frames": 0,
        "focus_losses": 0,
        "viewport_width": 1280,
        "viewport_height": 720,
        "cross_origin_isolated": True,
    }
