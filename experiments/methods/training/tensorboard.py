"""Evaluations as scalars for TensorBoard, where TENSORBOARD_DIR names a folder. Called by the loop."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from experiments.contract.errors import InputError
from experiments.methods.training import parallel


@contextmanager
def scalars(name: str, *, after: int) -> Iterator[Callable[[Mapping[str, Any]], None]]:
    """Gives what writes an evaluation below TENSORBOARD_DIR/`name`; what an interrupted training wrote after a step is dropped.

    Raises:
        InputError: TENSORBOARD_DIR is set, and the package is not installed.
    """
    folder = os.environ.get("TENSORBOARD_DIR")
    if not folder or parallel.rank() > 0:
        yield lambda _line: None
        return
    try:
        from torch.utils.tensorboard import SummaryWriter  # noqa: PLC0415 -- tensorboard is an extra
    except ImportError as error:
        remedy = "Install the extra `tensorboard`, or leave TENSORBOARD_DIR unset"
        raise InputError(field="TENSORBOARD_DIR", message="tensorboard is not installed", remedy=remedy) from error
    with SummaryWriter(f"{folder}/{name}", purge_step=after + 1) as writer:

        def write(line: Mapping[str, Any]) -> None:
            for key, value in line.items():
                numbers = {f"{key}/{seed}": one for seed, one in enumerate(value)} if isinstance(value, list) else {key: value}
                for tag, number in numbers.items():
                    if isinstance(number, int | float) and key != "step":
                        writer.add_scalar(tag, number, line["step"])

        yield write
