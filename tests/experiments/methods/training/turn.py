"""Makes trainings of `regression` in a process of its own: `python -m …turn STORE RECIPE…`, killed at the step `KILL_AT`."""

import json
import os
import signal
import sys
from contextlib import nullcontext

from experiments.commands.torchrun import TogetherWorkshop
from experiments.contract.artifacts import ArtifactStore
from experiments.contract.errors import InputError
from experiments.contract.recipes import recipe_from_json
from experiments.methods.threads import use_threads
from experiments.methods.training import parallel
from experiments.workshop import LocalWorkshop
from tests.experiments.methods.training.regression import register

register()


def report(done: int, _total: int, _doing: str) -> None:
    if str(done) == os.environ.get("KILL_AT"):
        os.kill(os.getpid(), signal.SIGKILL)


def turn() -> None:
    """Obtain the recipes one after the other, with the other processes where torchrun started some."""
    store, recipes = ArtifactStore(sys.argv[1]), [recipe_from_json(json.loads(word)) for word in sys.argv[2:]]
    use_threads()
    with parallel.joined("cpu") if parallel.is_started() else nullcontext("cpu") as device:
        kind = TogetherWorkshop if parallel.is_started() else LocalWorkshop
        workshop = kind(store=store, device=device, report=report)
        for recipe in recipes:
            try:
                workshop.obtain(recipe)
            except InputError as error:
                sys.stdout.write(f"{error}\n")


if __name__ == "__main__":
    turn()
