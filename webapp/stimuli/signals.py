"""How the layers above hear of jobs that ended, without being imported from here."""

from django.dispatch import Signal

artifact_stored = Signal()
"""Sent with `digest` after an artifact was stored, in the same transaction."""

job_failed = Signal()
"""Sent with `job`, and the `stages` it had come to, after a job failed or was cancelled, in the same transaction."""
