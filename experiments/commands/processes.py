"""Makes recipes that do not need one another in several processes side by side. Called by `run --processes N`."""

import multiprocessing
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, cast

from experiments import jobs
from experiments.contract.artifacts import ArtifactStore, Manifest
from experiments.contract.errors import InputError
from experiments.contract.recipes import Recipe, recipe_from_json
from experiments.methods.threads import use_threads
from experiments.workshop import LocalWorkshop

Told = Mapping[str, Any]
"""What a process sends: `state`, and with it `progress` (done, total, doing) or `error`."""
TELL_SECONDS = 0.2
"""Between two tellings of progress by a process."""
SPAWN = multiprocessing.get_context("spawn")
"""A forked process would inherit torch's threads in whatever state they are."""


@dataclass(frozen=True, kw_only=True)
class ManyProcesses(LocalWorkshop):
    """A workshop that makes independent recipes in processes of their own."""

    processes: int

    def obtain_all(self, recipes: Sequence[Recipe]) -> list[Manifest]:
        """The artifacts of these recipes; what is missing is made side by side.

        Raises:
            InputError: One of them cannot be made as asked; the others are ended and keep their checkpoints.
        """
        self.note(recipes)
        asked = {recipe.digest: recipe for recipe in recipes}
        missing = [recipe for digest, recipe in asked.items() if self.store.manifest(digest) is None]
        if len(missing) > 1:
            with Crew(self, count=min(self.processes, len(missing))) as crew:
                crew.make(missing)
        return super().obtain_all(recipes)


class Crew:
    """Processes that take one recipe after the other; they end with the block, whatever ends it."""

    def __init__(self, workshop: ManyProcesses, *, count: int) -> None:
        self.workshop, self.count = workshop, count
        self.processes: dict[Connection, BaseProcess] = {}

    def __enter__(self) -> "Crew":
        for _ in range(self.count):
            ours, theirs = SPAWN.Pipe()
            process = SPAWN.Process(
                target=_work,
                args=(theirs,),
                kwargs={"device": self.workshop.device, "processes": self.count},
                daemon=True,
            )
            process.start()
            # Ours alone, so that reading fails when the process is gone.
            theirs.close()
            self.processes[ours] = process
        return self

    def __exit__(self, *error: object) -> None:
        for process in self.processes.values():
            process.terminate()
        for process in self.processes.values():
            process.join()

    def make(self, recipes: Sequence[Recipe]) -> None:
        """Make all of them, the next one wherever a process is free."""
        waiting, shares = list(recipes), Shares(report=self.workshop.report, recipes=len(recipes))
        for connection in self.processes:
            connection.send(waiting.pop(0).as_json())
        while shares.made < len(recipes):
            for ready in cast(list[Connection], wait(list(self.processes))):
                told = self._told(ready)
                shares.take(ready.fileno(), told)
                if told["state"] == "made" and waiting:
                    ready.send(waiting.pop(0).as_json())

    def _told(self, connection: Connection) -> Told:
        """What a process says next; raises what it could not do."""
        try:
            told: Told = connection.recv()
        except EOFError as error:
            process = self.processes[connection]
            process.join()
            message = f"a process that made a stage ended with code {process.exitcode}; what it wrote last stands above"
            raise RuntimeError(message) from error
        if told["state"] == "failed":
            raise InputError.from_json(told["error"])
        return told


@dataclass(kw_only=True)
class Shares:
    """The progress of all processes as one."""

    report: Callable[[int, int, str], None]
    recipes: int
    made: int = 0
    under_way: dict[int, float] = field(default_factory=dict)
    """By process, the share that is done of what it makes."""

    def take(self, process: int, told: Told) -> None:
        """Note what a process told, and report how far all of them are, in thousandths of a recipe."""
        doing = "stages"
        if told["state"] == "made":
            self.made += 1
            self.under_way[process] = 0.0
        else:
            done, total, doing = told["progress"]
            self.under_way[process] = done / max(1, total)
        share = self.made + sum(self.under_way.values())
        self.report(int(1000 * share), 1000 * self.recipes, f"{self.made} of {self.recipes} made, {doing}")


def _work(connection: Connection, *, device: str, processes: int) -> None:
    """Make what comes through the connection, until it is closed or the process is terminated."""
    # Ctrl-C reaches every process of a terminal; the first one sees to it that these end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    use_threads(processes=processes)
    told_at = 0.0

    def report(done: int, total: int, doing: str) -> None:
        nonlocal told_at
        if time.monotonic() - told_at > TELL_SECONDS:
            told_at = time.monotonic()
            connection.send({"state": "making", "progress": (done, total, doing)})

    workshop = LocalWorkshop(store=ArtifactStore(jobs.artifact_url()), device=device, report=report)
    while True:
        recipe = recipe_from_json(connection.recv())
        try:
            workshop.obtain(recipe)
        except InputError as error:
            connection.send({"state": "failed", "error": error.as_json()})
        else:
            connection.send({"state": "made"})
