"""The rows of the paper's tables as named configurations, each with what was reported for it."""
