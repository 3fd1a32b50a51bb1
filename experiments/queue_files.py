"""The queue in files, for one machine, with priorities: the transport behind `filesystem://`. Named by `jobs.queue_settings`."""

import json
import os
import time
import uuid
from pathlib import Path
from typing import Any

from kombu.transport import filesystem


class Channel(filesystem.Channel):
    """Messages are taken in the order of their file names, so these begin with the priority and the time."""

    def _put(self, queue: str, payload: dict[str, Any], **_: Any) -> None:  # type: ignore[override]  # as kombu's own
        """Put a message onto a queue; it appears whole, and also after a reboot behind those that are there."""
        folder = Path(self.data_folder_out)
        passing = folder / f".{uuid.uuid4().hex}"
        passing.write_text(json.dumps(payload))
        name = f"{payload['properties']['priority']}_{time.time_ns()}_{uuid.uuid4().hex}"
        os.replace(passing, folder / f"{name}.{queue}.msg")


class Transport(filesystem.Transport):
    """Kombu's, with our channel, looked at more often."""

    Channel = Channel
    polling_interval = 0.1
    """s. A worker takes one message a look; at kombu's 1 s what is asked for every few seconds expires in the queue."""
