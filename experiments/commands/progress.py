"""The progress bar of a command, as makers want to tell it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tqdm import tqdm


@contextmanager
def progress_bar() -> Iterator[Callable[[int, int, str], None]]:
    """A bar on stderr while the block runs; gives the function that takes steps done, steps in all, and what is being done."""
    with tqdm(total=1, desc="starting", leave=False, disable=None) as bar:

        def report(done: int, total: int, doing: str) -> None:
            bar.total, bar.n = total, done
            bar.set_description(doing)

        yield report
        report(1, 1, "made")
