"""Programs that benchmarks run in environments of their own, since their libraries do not go with ours."""

import subprocess
import sys
from pathlib import Path

from experiments.jobs import VAR

REQUIREMENTS = Path(__file__).parent / "environments"


def programs(name: str) -> Path:
    """The folder of the commands of `environments/<name>.txt`; made when it is missing or other versions are wanted."""
    wanted, folder = (REQUIREMENTS / f"{name}.txt").read_text(), VAR / "bench" / name
    made_of = folder / "requirements.txt"
    if not made_of.exists() or made_of.read_text() != wanted:
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
        install = [str(folder / "bin" / "pip"), "install", "--quiet", "-r", str(REQUIREMENTS / f"{name}.txt")]
        subprocess.run(install, check=True, capture_output=True)
        made_of.write_text(wanted)
    return folder / "bin"
