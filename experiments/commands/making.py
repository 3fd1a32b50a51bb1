"""Makes the artifact of a run: in one process, in several, or in those of torchrun. Called by `run`."""

from pathlib import Path

import torch

from experiments import jobs
from experiments.commands.begun import begun_in
from experiments.commands.processes import ManyProcesses
from experiments.commands.progress import progress_bar
from experiments.commands.torchrun import TogetherWorkshop
from experiments.contract.artifacts import ArtifactStore, Manifest
from experiments.contract.errors import InputError
from experiments.contract.fields import require
from experiments.contract.recipes import Run
from experiments.methods.threads import use_threads
from experiments.methods.training import parallel
from experiments.workshop import LocalWorkshop


def obtain_run(recipe: Run, *, device: str, processes: int, out: Path) -> Manifest | None:
    """The artifact of a run, from the store or made now; None in the processes of torchrun that are not the first.

    Raises:
        InputError: The run cannot be made as asked, or another one was begun in the folder `out`.
    """
    require(processes >= 1, "processes", f"{processes} are too few", "Give a number from 1")
    _require_device(device)
    if parallel.is_started():
        remedy = "Leave --processes out, or start without torchrun"
        require(processes == 1, "processes", "torchrun has started processes already", remedy)
        return _together(recipe, device=device, out=out)
    use_threads()
    store = ArtifactStore(jobs.artifact_url())
    store.sweep()
    with begun_in(out, recipe), progress_bar() as report:
        if processes == 1:
            return LocalWorkshop(store=store, device=device, report=report).obtain(recipe)
        return ManyProcesses(store=store, device=device, report=report, processes=processes).obtain(recipe)


def _require_device(device: str) -> None:
    try:
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:
        message = f"torch has no device {device!r} here"
        raise InputError(field="device", message=message, remedy="Give cpu, or cuda where there is a GPU") from error


def _together(recipe: Run, *, device: str, out: Path) -> Manifest | None:
    store = ArtifactStore(jobs.artifact_url())
    with parallel.joined(device) as own:
        if parallel.rank() > 0:
            TogetherWorkshop(store=store, device=own, report=lambda _done, _total, _doing: None).obtain(recipe)
            return None
        store.sweep()
        with begun_in(out, recipe), progress_bar() as report:
            return TogetherWorkshop(store=store, device=own, report=report).obtain(recipe)
