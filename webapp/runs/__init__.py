"""Training runs of the worker pool, their claims, and the models that they register."""
