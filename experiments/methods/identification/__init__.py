"""Encoders that find the latents behind mixed observations from pairs: what is trained, how it is measured, what it gives."""
