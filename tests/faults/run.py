"""A run: starts a site, lets participants answer over a bad network while everything is killed, and gives the account of it."""

import contextlib
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tqdm import tqdm

from experiments.methods.bots import Run
from experiments.methods.participant_link import Link
from tests.faults import reckoning, stimuli
from tests.faults.killing import Killers
from tests.faults.people import Crowd, Told
from tests.faults.proxy import BadNetwork
from tests.faults.reckoning import Account
from tests.faults.site import Site, site

AT_ONCE = 24
"""Participants who answer at the same time."""
BUSY_SHARE = 0.8
"""Of the time: by then the last participants should have come to the end, if nothing were in their way."""
GRACE_SECONDS = 180.0
"""After the last kill, as long as no answer and no end of a session comes: then participants give up; and so long for jobs."""
LOOK_SECONDS = 0.2


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is to happen."""

    seconds: float
    bots: int
    trials: int
    """Of each session."""
    seed: int
    database: str
    """`postgres` with Redis, or `sqlite` with files."""
    kills: int
    """Of each kind of process."""
    stimulus_seconds: float = 4.0
    """Between two requests for stimuli."""


def run(plan: Plan) -> Account:
    """Carry out a plan. Whatever happens, all processes and files that it made are gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="unitscope-faults-") as name:
        # PostgreSQL refuses to run as root, and its user must pass through here.
        Path(name).chmod(0o755)
        with site(Path(name), database=plan.database, trials=plan.trials) as running:
            return _run_on(running, plan)


def _run_on(running: Site, plan: Plan) -> Account:
    started, over = time.monotonic(), threading.Event()
    killers = Killers(running, kills=plan.kills, seconds=plan.seconds, seed=plan.seed)
    requests = stimuli.Requests(site=running, every=plan.stimulus_seconds, over=killers.over)
    with BadNetwork(int(running.deployment.web.url.rpartition(":")[2]), seed=plan.seed) as network:
        crowd = _crowd(network, running, plan, over)
        with ThreadPoolExecutor(AT_ONCE) as people, ThreadPoolExecutor(16) as others, _ended(over, killers.over):
            killing = killers.start(others)
            asking = others.submit(requests.ask_again_and_again)
            answering = [people.submit(crowd.take_part, number) for number in range(plan.bots)]
            _follow(plan, killers, crowd.told, killing[1:], answering)
            # Also for participants: whoever is not through by now gives up.
            for event in (over, killers.over):
                event.set()
            for future in (*killing, asking):
                future.result()
            came_through = [future.result() for future in answering]
    requests.wait_for_ends(seconds=GRACE_SECONDS)
    return _account(
        running, killers, requests, crowd.told, network, gave_up=came_through.count(False), seconds=time.monotonic() - started
    )


def _crowd(network: BadNetwork, running: Site, plan: Plan, over: threading.Event) -> Crowd:
    rounds = plan.bots / min(AT_ONCE, plan.bots)
    return Crowd(
        link=Link.parse(network.url + running.path),
        run=Run(observer_name="random", sessions=plan.bots, seed=plan.seed),
        told=Told(),
        think_seconds=BUSY_SHARE * plan.seconds / (rounds * plan.trials),
        over=over,
    )


@contextlib.contextmanager
def _ended(*events: threading.Event) -> Iterator[None]:
    """Let all threads come to their ends, also on Ctrl-C."""
    try:
        yield
    finally:
        for event in events:
            event.set()


def _follow(plan: Plan, killers: Killers, told: Told, killing: list[Future[None]], answering: list[Future[bool]]) -> None:
    """Show how it goes until the killing is over and all participants are through, or nothing comes any more."""
    deadline = time.monotonic() + plan.seconds + GRACE_SECONDS
    failed, steps = False, 0
    with tqdm(total=plan.bots * plan.trials, unit="answer", disable=None, leave=False) as bar:
        while time.monotonic() < deadline and not failed and not all(one.done() for one in (*killing, *answering)):
            time.sleep(LOOK_SECONDS)
            bar.update(len(told.acknowledged) - bar.n)
            bar.set_postfix_str(f"{killers.killed.total()} kills, page gone for {killers.unavailable_seconds:.0f} s")
            before, steps = steps, len(told.acknowledged) + sum(one.done() for one in answering)
            if steps > before:
                # A busy machine takes longer, and that is nobody's fault.
                deadline = max(deadline, time.monotonic() + GRACE_SECONDS)
            failed = any(one.done() and one.exception() for one in (*killing, *answering))


def _account(
    running: Site, killers: Killers, requests: stimuli.Requests, told: Told, network: BadNetwork, *, gave_up: int, seconds: float
) -> Account:
    exported = running.deployment.api.get(f"/api/v1/studies/{running.study}/responses", params={"format": "csv"})
    held = running.ask_database("account", running.study)
    return Account(
        answers=reckoning.answers(told.acknowledged, exported.raise_for_status().content),
        sessions=reckoning.sessions(held["sessions"], told.codes),
        jobs=reckoning.jobs(list(requests.asked), held),
        contradictions=told.contradictions,
        gave_up=gave_up,
        store=stimuli.faults_of_store(running.deployment.env["ARTIFACT_URL"]),
        killed=killers.killed,
        network=network.met,
        statuses=told.statuses,
        returns=told.returns,
        messages_doubled=requests.doubled,
        unavailable_seconds=killers.unavailable_seconds,
        seconds=seconds,
    )
