"""Asks for cheap stimuli while everything dies, delivers their messages twice, and looks at what was made in the end."""

import hashlib
import json
import os
import threading
import time
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

import httpx
from celery import Celery
from kombu.exceptions import OperationalError

from experiments import jobs
from experiments.contract.artifacts import LEFT_AFTER, ArtifactStore
from experiments.contract.recipes import recipe_from_json
from tests.faults.site import Site

# Half a second of work each, once the pass over the images is made that they share.
CHEAP = {
    "kind": "feature_visualization",
    "unit": "efficientnet_lite0.in1k/_blocks.1:3",
    "size": 32,
    "shown_size": 32,
    "steps": 4,
    "pool_size": 16,
    "pool_resolution": 32,
}
TRY_SECONDS = 0.5


@dataclass(kw_only=True)
class Requests:
    """Stimuli that were asked for, and whose job was acknowledged."""

    site: Site
    every: float
    """Seconds between two."""
    over: threading.Event
    asked: dict[str, str] = field(default_factory=dict)
    """Address of the job or artifact, by digest."""
    doubled: int = 0

    def ask_again_and_again(self) -> None:
        """One stimulus after the other, each with a seed of its own; every second message is sent twice."""
        with patch.dict(os.environ, self.site.deployment.env):
            app = Celery("doubler")
            app.conf.update(jobs.queue_settings(default_queue=jobs.GPU_QUEUE))
        seed = 0
        while not self.over.wait(self.every):
            seed += 1
            self._ask({**CHEAP, "seed": seed}, twice=app if seed % 2 else None)
        app.close()

    def _ask(self, recipe: dict[str, Any], *, twice: Celery | None) -> None:
        digest = recipe_from_json(recipe).digest
        while digest not in self.asked and not self.over.is_set():
            try:
                answer = self.site.deployment.api.post("/api/v1/stimuli", json=recipe)
            except httpx.TransportError:
                answer = None
            if answer is not None and answer.is_success:
                self.asked[digest] = answer.json()["url"]
                if twice and answer.status_code == httpx.codes.ACCEPTED:
                    self._send_copy(twice, job=answer.json()["id"], recipe=recipe_from_json(recipe).as_json())
            else:
                self.over.wait(TRY_SECONDS)

    def _send_copy(self, app: Celery, *, job: str, recipe: dict[str, Any]) -> None:
        """What the broker does when it believes that a worker is gone: the message once more."""
        try:
            app.send_task(jobs.MAKE, kwargs={"job": job, "recipe": recipe}, queue=jobs.GPU_QUEUE, retry=False)
            self.doubled += 1
        except OperationalError:
            # No broker, no copy.
            return

    def wait_for_ends(self, *, seconds: float) -> None:
        """Return when every job that was asked for has ended, or the time is over."""
        deadline, still_open = time.monotonic() + seconds, list(self.asked.values())
        while still_open and time.monotonic() < deadline:
            time.sleep(TRY_SECONDS)
            still_open = [url for url in still_open if not self._has_ended(url)]

    def _has_ended(self, url: str) -> bool:
        found = self.site.deployment.api.get(url).raise_for_status().json()
        # What was there already when it was asked for is an artifact, and has no state.
        return found.get("state", "finished") in ("finished", "failed", "cancelled")


def faults_of_store(url: str) -> list[str]:
    """What is wrong in an artifact store: torn files, missing ones, half-written ones that a sweep does not take."""
    store, found = ArtifactStore(url), []
    for path in store.fs.glob(f"{store.root}/blobs/*"):
        if hashlib.sha256(store.fs.cat_file(path)).hexdigest() != path.rpartition("/")[2]:
            found.append(f"torn: {path}")
    for path in store.fs.glob(f"{store.root}/manifests/*.json"):
        manifest = json.loads(store.fs.cat_file(path))
        found += [
            f"missing: blob {file['sha256']}"
            for file in manifest["files"]
            if not store.fs.exists(f"{store.root}/blobs/{file['sha256']}")
        ]
        if recipe_from_json(manifest["recipe"]).digest != path.rpartition("/")[2].removesuffix(".json"):
            found.append(f"another's recipe: {path}")
    long_ago = time.time() - LEFT_AFTER.total_seconds() - 1
    for path in store.fs.glob(f"{store.root}/passing/*"):
        os.utime(path, (long_ago, long_ago))
    store.sweep()
    return found + [f"left: {path}" for path in store.fs.glob(f"{store.root}/passing/*")]
