"""Health, metrics, logs, backups and capacity of a deployment."""
