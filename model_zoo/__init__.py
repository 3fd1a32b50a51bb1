"""Models, weights, unit addresses and activations; knows nothing of what is done with them."""
