"""Template tags of the app of stimuli."""
