"""Incremental inference: when a square of an image changes, only what the square can reach is computed anew.

The idea is that of Krypton (Nakandala et al., SIGMOD 2019). `sweeping` is the door to it.
"""
