"""CPU time of a process with all below it. It hardly depends on what else the machine does, so that machines and days compare."""

import os
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid: int) -> float:
    """User's and system's, of the process and its children, those included that have ended and been waited for."""
    # After the name, which may hold anything: state, parent, … and from the 12th on four kinds of time.
    user, system, of_ended, system_of_ended = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()[11:15]
    own = (int(user) + int(system) + int(of_ended) + int(system_of_ended)) / TICKS
    threads = Path(f"/proc/{pid}/task").glob("*/children")
    return own + sum(cpu_seconds(int(child)) for thread in threads for child in thread.read_text().split())


def told(before: dict[str, float], after: dict[str, float], *, answers: int) -> str:
    """What an answer costs each part, in words."""
    spent = {part: 1000 * (after[part] - before[part]) / answers for part in before}
    return f"CPU per answer {sum(spent.values()):.2f} ms: " + ", ".join(f"{part} {ms:.2f}" for part, ms in spent.items())
