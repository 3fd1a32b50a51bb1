"""Manipulated circuits as modules: built from a card's JSON, filled by `experiments.methods.circuits` (Geirhos et al. 2024)."""
