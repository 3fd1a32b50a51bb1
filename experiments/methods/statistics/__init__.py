"""Intervals and tests that the papers report, each from a library, with a stated answer for data that cannot carry it.

Where a figure cannot be computed it is None and `why_not` says in words why; nothing here raises on few, tied or constant values.
"""
