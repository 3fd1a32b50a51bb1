"""A whole deployment for a test: web server, web worker, GPU workers, on real PostgreSQL and a real queue."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from tests.services import processes
from tests.services.processes import Running

PASSWORD = "a-password-for-tests"
SCOPES = ("read:studies", "read:responses", "read:stimuli", "write:stimuli")
RESEARCHER = (
    ("createsuperuser", "--noinput", "--username", "researcher", "--email", "r@example.org"),
    ("token_create", "--user", "researcher", "--scope", *SCOPES),
)
WAIT_SECONDS = 420


class Deployment:
    """Real processes that share an environment, and a researcher's client to talk to them."""

    def __init__(self, folder: Path, env: dict[str, str]) -> None:
        self.folder = folder
        self.env = {
            "SECRET_KEY": "only-for-tests",
            "ARTIFACT_URL": str(folder / "artifacts"),
            "ZOO_DIR": str(folder / "zoo"),
            "DEVICE": "cpu",
            "THREADS": "1",
            "LOST_SECONDS": "6",
            "DJANGO_SUPERUSER_PASSWORD": PASSWORD,
            **env,
        }
        self.started: list[Running] = []
        token = processes.run_commands(processes.MIGRATE, *RESEARCHER, env=self.env).split()[-1]
        self.web = self._keep(processes.serve(folder, env=self.env))
        self.api = httpx.Client(base_url=self.web.url, headers={"Authorization": f"Token {token}"}, timeout=60)

    def manage(self, *words: str) -> str:
        """What a management command prints."""
        return processes.run_manage(*words, env=self.env)

    def send_bots(self, study: dict[str, Any], *words: str) -> str:
        """Send simulated participants through a study by the command line, as anybody would; what it prints."""
        link = f"{self.web.url}{study['participant_url']}"
        return processes.run_python("-m", "experiments", "bot", "--link", link, *words, env=self.env)

    def start_web_worker(self) -> Running:
        """One more worker of the web queue."""
        return self._keep(processes.start_worker(self.folder, app="webapp.celery_app", queue="web", env=self.env))

    def start_gpu_worker(self, **env: str) -> Running:
        """One more worker of the GPU queue; it knows neither the database nor Django's settings."""
        knows = ("ARTIFACT_URL", "BROKER_URL", "RESULT_URL", "REDIS_URL", "DEVICE", "THREADS", "LOST_SECONDS")
        own = {name: self.env[name] for name in knows if name in self.env}
        # As on another machine: models made here must travel through the artifact store.
        own["ZOO_DIR"] = str(self.folder / "zoo_of_workers")
        blind = {"DATABASE_URL": "", "SECRET_KEY": "", "DJANGO_SETTINGS_MODULE": "", **own, **env}
        return self._keep(processes.start_worker(self.folder, app="experiments.celery_app", queue="gpu", env=blind))

    def restart(self, running: Running) -> Running:
        """What was killed, started anew with the same command, port and data."""
        assert running.again is not None
        return self._keep(running.again())

    def ask(self, **recipe: Any) -> dict[str, Any]:
        """The job of a recipe, just asked for."""
        response = self.api.post("/api/v1/stimuli", json=recipe)
        assert response.status_code == 202, response.text
        job: dict[str, Any] = response.json()
        return job

    def job(self, job: dict[str, Any]) -> dict[str, Any]:
        """The job as it stands now."""
        body: dict[str, Any] = self.api.get(job["url"]).raise_for_status().json()
        return body

    def wait(self, job: dict[str, Any], until: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The job once `until` holds of it."""
        deadline = time.monotonic() + WAIT_SECONDS
        while not until(now := self.job(job)):
            if time.monotonic() > deadline:
                logs = "\n".join(processes.tail(running.log) for running in self.started)
                raise AssertionError(f"still {now} after {WAIT_SECONDS} s; the logs end with\n{logs}")
            time.sleep(0.2)
        return now

    def end(self, job: dict[str, Any]) -> dict[str, Any]:
        """The job once it has ended."""
        return self.wait(job, lambda now: now["state"] in ("finished", "failed", "cancelled"))

    def studies(self) -> dict[str, dict[str, Any]]:
        """All studies by name."""
        return {study["name"]: study for study in self.api.get("/api/v1/studies").raise_for_status().json()["results"]}

    def wait_open(self, *names: str) -> None:
        """Return when these studies are open."""
        deadline = time.monotonic() + WAIT_SECONDS
        while {self.studies()[name]["state"] for name in names} != {"open"}:
            failed = [study["error"] for study in self.studies().values() if study["state"] == "failed"]
            if failed or time.monotonic() > deadline:
                logs = "\n".join(processes.tail(running.log) for running in self.started)
                raise AssertionError(f"studies do not open: {failed}; the logs end with\n{logs}")
            time.sleep(0.5)

    def stop(self) -> None:
        """End all processes."""
        self.api.close()
        for running in reversed(self.started):
            running.kill9()

    def _keep(self, running: Running) -> Running:
        self.started.append(running)
        return running
