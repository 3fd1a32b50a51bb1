"""Artifacts and the jobs that make them: request, look after, store, serve."""
