"""One module per family of architectures: how its network is built and made fast."""
