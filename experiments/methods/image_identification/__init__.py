"""Encoders that find the factors behind images from pairs: the data of several sets, what is trained, what it gives."""
