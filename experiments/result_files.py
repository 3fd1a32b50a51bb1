"""Celery's file result backend, made safe for readers: each result appears whole. Named by `jobs.queue_settings`."""

import os
import uuid

from celery.backends.filesystem import FilesystemBackend


class ResultFiles(FilesystemBackend):
    """Writes under a passing name, then renames: Celery's own truncates the file that a progress bar may be reading."""

    def set(self, key: bytes, value: str | bytes) -> None:
        """Store `value` under `key`."""
        passing = b".passing-" + uuid.uuid4().hex.encode()
        super().set(passing, value)
        os.replace(self._filename(passing), self._filename(key))
