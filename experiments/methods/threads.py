"""How many cores torch uses in a process. Called where one begins to work: by workers, the command line and its children."""

import os

import torch


def use_threads(*, processes: int = 1) -> None:
    """Take a fair share of the cores when so many processes work side by side, or what THREADS or OMP_NUM_THREADS says.

    Two processes with all cores each crowd a machine.
    """
    given = os.environ.get("THREADS") or os.environ.get("OMP_NUM_THREADS")
    torch.set_num_threads(int(given) if given else max(1, (os.cpu_count() or 1) // processes))
