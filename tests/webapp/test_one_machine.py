"""The processes of the demo and of simulated studies end with the command, however it ends."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.services.processes import CHECKOUT

pytestmark = pytest.mark.integration
COMMAND = """
import signal
import time
from webapp.studies.one_machine.children import Children

# As in a shell, also where these tests were started by nohup.
signal.signal(signal.SIGHUP, signal.SIG_DFL)
with Children() as children:
    children.start("sleeper", "timeit", "-n", "1", "-r", "1", "import time; time.sleep(600)")
    print(children.running["sleeper"].pid, flush=True)
    time.sleep(600)
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_killed_command_and_closed_terminal_leave_no_process(number: signal.Signals, tmp_path: Path) -> None:
    command = subprocess.Popen(
        [sys.executable, "-c", COMMAND], stdout=subprocess.PIPE, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(CHECKOUT)}
    )
    assert command.stdout is not None
    child = int(command.stdout.readline())

    command.send_signal(number)
    code = command.wait(timeout=30)
    command.stdout.close()

    assert code == 128 + number
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)
