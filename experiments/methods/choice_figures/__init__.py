"""Figures of choice analyses: SVGs drawn from the tables of a result, with the same bytes each time."""
