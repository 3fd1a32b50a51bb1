"""What the catalogue knows of networks, for REST and the explorer."""
