"""Tests: they mirror the source; `services/`, `docker/` and `e2e/` run real servers, images and browsers."""
