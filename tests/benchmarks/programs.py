"""Programs that benchmarks run in environments of their own, since their libraries do not go with ours."""

import subprocess
import sys
from pathlib import Path

from experiments.jobs import VAR

REQUIREMENTS = Path(__file__).parent / "environments"
INSTALL_SECONDS = 900


def programs(name: str) -> Path:
    """The folder of the commands of `environments/<name>.txt`; made when it is missing or other versions are wanted.

    Raises:
        RuntimeError: They cannot be installed; the message ends with what pip says.
    """
    wanted, folder = (REQUIREMENTS / f"{name}.txt").read_text(), VAR / "bench" / name
    made_of = folder / "requirements.txt"
    if not made_of.exists() or made_of.read_text() != wanted:
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
        install = [str(folder / "bin" / "pip"), "install", "--quiet", "-r", str(REQUIREMENTS / f"{name}.txt")]
        done = subprocess.run(install, check=False, capture_output=True, text=True, timeout=INSTALL_SECONDS)
        if done.returncode:
            raise RuntimeError(f"{name}.txt cannot be installed: {done.stderr.strip()[-500:]}")
        made_of.write_text(wanted)
    return folder / "bin"
