"""Scenes of sprites: networks of several methods that reconstruct them, and their scores."""
