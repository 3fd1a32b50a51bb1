"""Measures of representations and segmentations, each against an independent oracle in its tests."""
