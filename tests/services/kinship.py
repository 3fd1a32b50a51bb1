"""What Linux tells of a process and its children, for those that end them."""

import contextlib
from pathlib import Path


def descendants(pid: int) -> list[int]:
    """The children of a process, their children, and so on."""
    children: list[int] = []
    # What has ended while we looked has no children; other threads of the process may.
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        for thread in list(Path(f"/proc/{pid}/task").iterdir()):
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                children += map(int, (thread / "children").read_text().split())
    return [*children, *(below for child in children for below in descendants(child))]


def is_alive(pid: int) -> bool:
    """Whether a process still holds files and ports; a zombie, which waits for somebody to reap it, holds none."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in "ZX"
