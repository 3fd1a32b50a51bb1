"""Acts on many things of which one may fail. The minute's tasks call it: one broken study or job holds up no other."""

from collections.abc import Callable, Iterable
from typing import TypeVar

Thing = TypeVar("Thing")


def one_by_one(things: Iterable[Thing], act: Callable[[Thing], object]) -> None:
    """Act on each.

    Raises:
        ExceptionGroup: Some failed, each with a note of what it was; the others are done.
    """
    errors = []
    for thing in things:
        try:
            act(thing)
        except Exception as error:
            error.add_note(f"It was about: {thing!r}")
            errors.append(error)
    if errors:
        raise ExceptionGroup("not all could be done", errors)
