"""Studies: their units, conditions, sessions, trials, responses, exports and results."""
