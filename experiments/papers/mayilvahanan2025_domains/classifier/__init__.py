"""The domain classifier: its labels, its training, its card."""
