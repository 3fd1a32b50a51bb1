"""Manipulated circuits on demand: order, list, report."""
