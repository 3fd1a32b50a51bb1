"""What the container images install and run, tried without a Docker engine."""
