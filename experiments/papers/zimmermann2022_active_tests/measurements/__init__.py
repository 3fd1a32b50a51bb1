"""Measurements of defences, each a stage of a run: accuracies and active tests, hardness, libraries, a larger network."""
