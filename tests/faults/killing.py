"""Kills processes of a site with -9 at random moments and starts them again a moment later."""

import random
import threading
import time
from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor

import httpx

from tests.faults.site import Site

DEAD_SECONDS = 1.5
"""At most so long a process stays dead before its supervisor starts it again."""
LOOK_SECONDS = 0.1


class Killers:
    """A thread for each kind of process, so that several may be dead at once."""

    def __init__(self, site: Site, *, kills: int, seconds: float, seed: int) -> None:
        self.site, self.kills, self.seconds, self.seed = site, kills, seconds, seed
        self.killed: Counter[str] = Counter()
        self.over = threading.Event()
        self.unavailable_seconds = 0.0

    def start(self, pool: ThreadPoolExecutor) -> list[Future[None]]:
        """Begin; the futures raise what went wrong."""
        return [pool.submit(self._watch), *(pool.submit(self._kill_again_and_again, kind) for kind in self.site.running)]

    def _kill_again_and_again(self, kind: str) -> None:
        """One kill in each of `kills` equal spans, at a random moment in it."""
        draw, started = random.Random(f"{self.seed}/{kind}"), time.monotonic()
        for number in range(self.kills):
            at = started + (number + draw.random()) * self.seconds / self.kills
            if self.over.wait(max(0.0, at - time.monotonic())):
                return
            self.site.running[kind].kill9()
            self.killed[kind] += 1
            time.sleep(draw.uniform(0, DEAD_SECONDS))
            self.site.restart(kind)

    def _watch(self) -> None:
        """Add up how long the participants' page, which needs web process and database, does not open."""
        with httpx.Client(timeout=2.0) as client:
            while not self.over.is_set():
                looked = time.monotonic()
                is_there = self._opens(client)
                self.over.wait(LOOK_SECONDS)
                self.unavailable_seconds += 0 if is_there else time.monotonic() - looked

    def _opens(self, client: httpx.Client) -> bool:
        try:
            return client.get(self.site.deployment.web.url + self.site.path).is_success
        except httpx.TransportError:
            return False
