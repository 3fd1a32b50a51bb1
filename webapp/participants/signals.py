"""How the layers above hear of submissions, without being imported from here."""

from django.dispatch import Signal

submission_given_back = Signal()
"""Sent with `submission` when a recruiter tells that it was returned or timed out, in the same transaction."""
