"""Contrastive losses over pairs, as Zimmermann et al. 2021 and Rusak et al. 2024 train with."""
