"""What keeps a deployment running: health, metrics, requests in the log, backups, capacity. Above all other apps; no models."""
