"""Latent variables: their spaces, the laws that they and their positives follow, and what mixes them into observations."""
