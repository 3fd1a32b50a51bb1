"""Fifteen common corruptions of images at five severities (Hendrycks and Dietterich 2019), drawn anew for any side."""
