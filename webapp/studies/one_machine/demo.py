"""The demo on one machine: two studies with real stimuli, a GPU worker, a web worker and a web server as child processes."""

import hashlib
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.urls import reverse
from tqdm import tqdm

from experiments import jobs, registry
from experiments.contract.errors import InputError
from experiments.contract.recipes.base import POOLS
from model_zoo.catalogue import draw_units
from webapp.participants.consent import default_consent
from webapp.stimuli.models import Job
from webapp.stimuli.services import job_queue
from webapp.studies.models import Study
from webapp.studies.one_machine.children import Children, deployment
from webapp.studies.preparation import study_prepare
from webapp.studies.selectors import StudyManifests, study_progress
from webapp.studies.services.study import StudyPlan, study_create
from webapp.studies.truth import truth_write

MODEL = "efficientnet_lite0.in1k"
UNITS = 4
HOST = "127.0.0.1"
MAX_PORT = 65535
# Name, seed of the draw of units, conditions, and how exemplars are made: what two cores make in minutes.
STUDIES = {
    "zimmermann2023_scale": ("demo-2afc", 1, ("natural", "synthetic"), "ranked at 128 px"),
    "zimmermann2021_causal": (
        "demo-occlusion",
        2,
        ("synthetic", "natural", "none"),
        "ranked and occluded at 128 px, occlusion every 8 px",
    ),
}
NOTICE = (
    "Demo scale: four units of EfficientNet-Lite0, ten main and two catch trials a session, visualizations of 128 px in "
    "96 steps, exemplars {}. The published scale is a setting of the study."
)


def run(*, port: int, pool: str) -> None:
    """Set up, make the stimuli, serve until interrupted.

    Raises:
        InputError: The network does not see what it should, or stimuli cannot be made.
        ChildDied: A child process ended by itself.
    """
    require_free(port)
    if set(pool.split("+")) - set(POOLS):
        pool = str(Path(pool).resolve())
        if not Path(pool).is_dir():
            raise InputError(field="pool", message=f"there is no folder {pool}", remedy="Name a folder of images")
    call_command("migrate", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)
    network_check()
    admin_password()
    with deployment(port) as children:
        studies = studies_prepare(pool)
        for study in studies:
            try:
                stimuli_await(study, children)
            except InputError as error:
                if not any(other.state == Study.State.OPEN for other in studies):
                    raise
                # An open study, and whoever is in it, goes on; the admin prepares this one again.
                print(f"{study.name}: {error}")
                continue
            print_stimuli(study)
            truth_write(study)
            print_study(study, port)
        print_links(studies, port)
        while True:
            time.sleep(1)
            children.check()


def require_free(port: int) -> None:
    """Raise InputError unless the web server can have the port."""
    if not 1 <= port <= MAX_PORT:
        raise InputError(field="port", message=f"{port} is none", remedy=f"Give a number from 1 to {MAX_PORT}")
    with socket.socket() as probe:
        # As gunicorn does, which may follow closely upon another.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            other = port + 1 if port < MAX_PORT else port - 1
            remedy = f"make demo PORT={other}"
            raise InputError(field="port", message=f"{port} cannot be had: {error.strerror}", remedy=remedy) from error


def network_check() -> None:
    """Have the network classify the photographs in the wheels; torch stays in a process of its own."""
    checked = subprocess.run([sys.executable, "-m", "model_zoo", "check", MODEL], capture_output=True, text=True, check=False)  # noqa: S603 -- our own command
    if checked.returncode:
        raise InputError(field="model", message=checked.stderr.strip(), remedy="Install the project again: `make setup`")
    print(checked.stdout, end="")


def studies_prepare(pool: str) -> list[Study]:
    """The two studies for this pool, with what is missing of their stimuli on the queue."""
    # No worker of an earlier start is alive; what it left undone is queued again.
    for job in Job.objects.filter(state__in=Job.OPEN):
        job.attempts = 0
        job_queue(job)
    studies = []
    for paper, (name, seed, conditions, exemplars) in STUDIES.items():
        if pool.startswith("/"):
            # Another folder makes other studies, also where its name is the same.
            name = f"{name}-{hashlib.sha256(pool.encode()).hexdigest()[:8]}"
        study = Study.objects.filter(name=name).first()
        if study is None:
            settings = {**registry.design(paper).DEMO, "pool": pool}
            plan = StudyPlan(
                name=name,
                paper=paper,
                units=draw_units(MODEL, count=UNITS, seed=seed),
                conditions=conditions,
                settings=settings,
                notice=NOTICE.format(exemplars),
            )
            study = study_create(plan, consent=default_consent())
        elif study.state in (Study.State.PREPARING, Study.State.FAILED):
            study_prepare(study)
        studies.append(study)
    return studies


def stimuli_await(study: Study, children: Children) -> None:
    """A progress bar until the study is open; where no terminal shows it, a line for each set.

    Raises:
        InputError: A stimulus could not be made.
    """
    layout = "{desc}: {bar:20} {n_fmt} of {total_fmt} sets, {elapsed}{postfix}"
    with tqdm(total=study.artifacts.count(), desc=study.name, bar_format=layout, disable=None) as bar:
        for finished, doing in _progress(study):
            children.check()
            if bar.disable and finished > bar.n:
                print(f"{study.name}: {finished} of {bar.total} sets", flush=True)
            bar.n = finished
            bar.set_postfix_str(doing)
    if study.state == Study.State.FAILED and study.error:
        raise InputError(field=study.error["field"], message=study.error["message"], remedy=study.error["remedy"])


def _progress(study: Study) -> Iterator[tuple[int, str]]:
    """How many sets are finished, and the step of the one that is being made."""
    while True:
        entries = study_progress(study)
        running = [f"{entry['doing']} {entry['done']}/{entry['total']}" for entry in entries if entry["state"] == "started"]
        yield sum(entry["state"] == "finished" for entry in entries), ", ".join(running)
        study.refresh_from_db()
        if study.state != Study.State.PREPARING:
            return
        time.sleep(0.5)


def admin_password() -> str:
    """The password of the demo's administrator, made at the first start and kept for the next."""
    path = jobs.VAR / "demo-password"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(12))
    user, _ = get_user_model().objects.get_or_create(username="admin", defaults={"is_staff": True, "is_superuser": True})
    if not user.check_password(path.read_text()):
        user.set_password(path.read_text())
        user.save()
    return path.read_text()


def print_stimuli(study: Study) -> None:
    """How many batches the pool carried, and how many images of a trial show the same source or the same spot of it."""
    for manifest in StudyManifests(study).values():
        values = manifest.values
        if "violations" in values:
            shares = f"{values['shared_sources']:.1%} of image pairs share a source, {values['violations']:.1%} overlap too much"
            print(f"  {manifest.recipe['unit']}: {values['batches']} batches; within a batch {shares}")


def print_study(study: Study, port: int) -> None:
    """Where a study is."""
    host = f"http://{HOST}:{port}"
    print(f"{study.title}\n  participant link  {host}{reverse('participant:entry', args=[study.id])}")
    print(f"  results           {host}{reverse('results', args=[study.id])}")
    print(f"  export link       {host}{reverse('api:responses', args=[study.id])}?format=csv", flush=True)


def print_links(studies: list[Study], port: int) -> None:
    """Where everything is."""
    host = f"http://{HOST}:{port}"
    for study in studies:
        print(f"\n{study.notice}")
        print_study(study, port)
    print(f"\nAdmin\n  link              {host}{reverse('admin:index')}\n  user, password    admin  {admin_password()}")
    print(f"API documentation   {host}{reverse('api:docs')}\n\nSimulated participants, from a second terminal:")
    link = f"{host}{reverse('participant:entry', args=[studies[0].id])}"
    print(f"  .venv/bin/python -m experiments bot --link {link} --sessions 20 --observer lapsing")
    print("\nCtrl-C stops everything.", flush=True)
