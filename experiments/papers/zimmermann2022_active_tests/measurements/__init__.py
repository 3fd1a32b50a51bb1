"""Measurements of defences, each a stage of a run: accuracies, active tests, hardness, attacks of one kind, a larger network."""
