"""The progress bar of a command, as makers want to tell it."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tqdm import tqdm

DRAW_SECONDS = 0.1
"""Between two drawings of the bar."""


@contextmanager
def progress_bar() -> Iterator[Callable[[int, int, str], None]]:
    """A bar on stderr while the block runs; gives the function that takes steps done, steps in all, and what is being done."""
    with tqdm(total=1, desc="starting", leave=False, disable=None) as bar:
        drawn_at = 0.0

        def report(done: int, total: int, doing: str) -> None:
            nonlocal drawn_at
            # A training reports thousands of steps a second.
            if time.monotonic() - drawn_at > DRAW_SECONDS or done == total:
                drawn_at = time.monotonic()
                bar.total, bar.n = total, done
                bar.set_description(doing)

        yield report
        report(1, 1, "made")
