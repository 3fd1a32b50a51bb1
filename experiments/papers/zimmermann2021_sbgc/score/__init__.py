"""The training of the score model that classifiers are made of."""
