"""Synthetic objects: their generator, the autoencoders that invert it, and their scores."""
