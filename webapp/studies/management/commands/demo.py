"""`manage.py demo [--port N] [--pool NAME|DIR]`: the demo on one machine; `make demo` installs what it needs first."""

import signal
import sys
from argparse import ArgumentParser
from typing import Any

from webapp.management import InputCommand
from webapp.studies.one_machine import demo
from webapp.studies.one_machine.children import ChildDied


class Command(InputCommand):
    """Two studies with real stimuli, served until Ctrl-C."""

    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Name the arguments."""
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--pool", default="photographs", help="photographs, photographs+stamps, or a folder of images")

    def run(self, options: dict[str, Any]) -> None:
        """Serve."""
        # A shell starts background jobs with Ctrl-C's signal ignored, and Python would keep it so.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            demo.run(port=options["port"], pool=options["pool"])
        except KeyboardInterrupt:
            self.stdout.write("\nStopped; `make demo` goes on from here.")
        except ChildDied as died:
            self.stderr.write(str(died))
            sys.exit(1)
