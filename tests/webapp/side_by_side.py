"""Lets several act at the same moment, each with a connection of their own to PostgreSQL. Tests of races call it."""

import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, transaction


def require_postgres() -> None:
    """Skip where there is none."""
    if connection.vendor != "postgresql":
        pytest.skip("races need PostgreSQL: the test database of SQLite lies in the memory of one thread")


def at_once(act: Callable[[Any], Any], arguments: Iterable[Any]) -> list[Any]:
    """What `act` gives for each argument, all called at the same moment."""
    arguments = list(arguments)
    results: list[Any] = [None] * len(arguments)
    barrier = threading.Barrier(len(arguments))

    def run(number: int) -> None:
        barrier.wait()
        results[number] = outcome(lambda: act(arguments[number]))

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(arguments))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def meanwhile(first: Callable[[], Any], second: Callable[[], Any]) -> Any:
    """What `second` gives, or raises, that begins while `first` is done and not written down yet."""
    with ThreadPoolExecutor(1) as other, transaction.atomic():
        first()
        began = other.submit(outcome, second)
        waits_or_is_done(began)
    return began.result()


def in_the_middle(first: Callable[[], Any], second: Callable[[], Any], *, before: str, of: Any) -> None:
    """Let `second` begin while `first` is about to send a statement that starts with `before` and names `of`."""
    with ThreadPoolExecutor(1) as other, transaction.atomic():
        began: list[Future[Any]] = []

        def begin(execute: Any, sql: str, params: Any, many: Any, context: Any) -> Any:
            if not began and sql.startswith(before) and of in (params or ()):
                began.append(other.submit(outcome, second))
                waits_or_is_done(began[0])
            return execute(sql, params, many, context)

        with connection.execute_wrapper(begin):
            first()
    assert not isinstance(began[0].result(), Exception)


def outcome(act: Callable[[], Any]) -> Any:
    """What comes of it, an error too; the thread's connection is closed."""
    try:
        return act()
    except Exception as error:
        return error
    finally:
        connection.close()


def waits_or_is_done(began: Future[Any]) -> None:
    """Return once whoever began waits for a lock, or needs none."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not began.done():
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0]:
                return
        time.sleep(0.005)
    assert began.done(), "it neither waits nor ends"
