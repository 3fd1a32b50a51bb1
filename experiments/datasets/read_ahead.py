"""Reads the images of a pool in threads, some ahead of the network that looks at them; what cannot be read does not stop it."""

from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Self

from experiments.contract.errors import InputError
from experiments.datasets.pool import Pool, PoolImage

THREADS = 2
"""Decoding and resizing let go of Python's lock."""
AHEAD = 3
"""Batches that are read while one is looked at."""


class ReadAhead:
    """The images of a pool at one size, asked for in parts that go forward; a context that ends the threads."""

    def __init__(self, pool: Pool, *, side: int) -> None:
        self.pool, self.side = pool, side
        self.executor = ThreadPoolExecutor(max_workers=THREADS, thread_name_prefix="read-ahead")
        self.futures: dict[int, Future[PoolImage | InputError]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.executor.shutdown(cancel_futures=True)

    def images(self, part: slice) -> list[PoolImage | InputError]:
        """The images of a part, or why one cannot be read; the same part or its beginning may be asked for again."""
        for passed in [index for index in self.futures if index < part.start]:
            del self.futures[passed]
        until = min(part.stop + AHEAD * (part.stop - part.start), len(self.pool))
        for index in range(part.start, until):
            if index not in self.futures:
                self.futures[index] = self.executor.submit(self._read, index)
        return [self.futures[index].result() for index in range(part.start, part.stop)]

    def _read(self, index: int) -> PoolImage | InputError:
        try:
            return self.pool.read(index, side=self.side)
        except InputError as error:
            return error
