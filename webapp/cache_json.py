"""What the cache keeps in Redis, as JSON: whoever writes there can only make the web process read numbers and text."""

import json
from typing import Any


class JsonSerializer:
    """Django's cache calls it, as it would call its own, which reads pickles."""

    def dumps(self, value: Any) -> bytes | int:
        """As Redis keeps it; a number by itself, so that Redis can count."""
        return value if type(value) is int else json.dumps(value).encode()

    def loads(self, data: bytes) -> Any:
        """What was kept."""
        return json.loads(data)
