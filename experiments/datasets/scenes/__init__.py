"""Scenes of several objects, with the mask and the factors of each: sprites, stamps on backgrounds, published data sets."""
