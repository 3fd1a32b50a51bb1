"""People whom recruiters send to a real deployment, over HTTP: they enter by the recruiter's link and guess their way through."""

from collections.abc import Mapping
from typing import Any

import httpx
import numpy as np

from experiments.methods.bots import Simulated
from experiments.methods.http_bots import HttpBot
from experiments.methods.observers.simple import Guessing
from experiments.methods.participant_link import Link, Page
from experiments.methods.session_plan import Plan


class Person(HttpBot):
    """Somebody with the words that a recruiter added to their link; afterwards `told` is what the last page says."""

    def __init__(self, client: httpx.Client, link: str, words: Mapping[str, str], *, seed: int) -> None:
        guessing = Simulated(name="", observer_name="", observer=Guessing(), rng=np.random.default_rng(seed), leaves_at=None)
        super().__init__(client, Link.parse(link), guessing)
        self.words = words
        self.told: dict[str, Any] = {}

    def _consent(self) -> None:
        page = self.http.client.get(self.link.base, params=self.words, follow_redirects=True)
        assert page.is_success, page.text
        answer = self.http.send("POST", self.link.base, data=Page(page.text).hidden)
        assert answer.is_redirect, answer.text

    def _do_main(self, plan: Plan) -> None:
        self._answer_all(plan, of="main")
        self.told = self.http.json("POST", "finish", json={})
