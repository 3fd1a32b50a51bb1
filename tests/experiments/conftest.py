"""Settings of property tests: the same examples in every run, and no assertion about time."""

from hypothesis import settings

settings.register_profile("repeatable", deadline=None, derandomize=True)
settings.load_profile("repeatable")
